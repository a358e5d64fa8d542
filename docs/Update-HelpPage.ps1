#Requires -Version 7.6
<#
.SYNOPSIS
Brings the machine text of all help pages up to date, makes an empty page for each new cmdlet, and writes
about_BorgRepo_Objects from the documentation comments.
.DESCRIPTION
Prose is kept. What is left to write, `build.ps1 -Task Help` then says. Needs a build; run it in a process of its own:
pwsh -NoProfile docs/Update-HelpPage.ps1
#>
[CmdletBinding()]
param()

$ErrorActionPreference = 'Stop'
Set-StrictMode -Version 3
. (Join-Path $PSScriptRoot 'HelpPage.ps1')
. (Join-Path $PSScriptRoot 'ObjectTopic.ps1')

$module = Import-Module (Join-Path $PSScriptRoot '../BorgRepo.psd1') -PassThru
$pages = Join-Path $PSScriptRoot 'en-US'
$synopsis = @{}
foreach ($command in $module.ExportedCmdlets.Values) {
    $path = Join-Path $pages "$($command.Name).md"
    $page = (Test-Path -LiteralPath $path) ? (Read-HelpPage $path) : (New-HelpPage $path)
    Set-PageText $path (Format-HelpPage $page $command)
    $synopsis[$command.Name] = Get-PageSynopsis $page
}
$path = Join-Path $pages 'BorgRepo.md'
Set-PageText $path (Format-ModulePage (Read-HelpPage $path) $synopsis)

# The comments of the public types, as the last build left them.
$comments = Join-Path $PSScriptRoot '../src/BorgRepo/bin/Release/net10.0/BorgRepo.xml'
Set-PageText (Join-Path $pages 'about_BorgRepo_Objects.help.txt') ((Format-ObjectTopic $module $comments) -join "`n")
