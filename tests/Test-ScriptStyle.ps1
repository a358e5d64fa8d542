#Requires -Version 7.6
<#
.SYNOPSIS
Looks for faults in scripts and text files: parse errors, aliases, a missing #Requires, trailing blanks, a bad manifest,
links and references that lead nowhere.
.DESCRIPTION
Names every fault with file and line; the exit code is 1 if there is one.
#>
[CmdletBinding()]
param()

$ErrorActionPreference = 'Stop'
Set-StrictMode -Version 3

$root = Split-Path $PSScriptRoot
$faults = [Collections.Generic.List[string]]::new()

function Get-ProjectFile([string[]] $Extension) {
    $folders = 'src', 'tests', 'docs', '.ci', '.config', '.github' | ForEach-Object { Join-Path $root $_ } | Where-Object { Test-Path -LiteralPath $_ }
    @(Get-ChildItem -LiteralPath $root -File -Force) + @(Get-ChildItem -LiteralPath $folders -File -Force -Recurse) |
        Where-Object { $_.FullName -notmatch '[\\/](bin|obj|TestResults)[\\/]' -and $_.Extension -in $Extension }
}

# Aliases on Windows, programs elsewhere: Get-Alias tells about one of the two only.
$windowsAliases = 'cat', 'clear', 'compare', 'cp', 'diff', 'kill', 'ls', 'man', 'mount', 'mv', 'ps', 'rm', 'rmdir', 'sleep', 'sort', 'start', 'tee', 'write'

function Add-Fault([string] $File, [int] $Line, [string] $Text) {
    $faults.Add("$([IO.Path]::GetRelativePath($root, $File)):${Line}: $Text")
}

function Test-Script([IO.FileInfo] $File) {
    $tokens = $null
    $errors = $null
    $ast = [Management.Automation.Language.Parser]::ParseFile($File.FullName, [ref]$tokens, [ref]$errors)
    foreach ($parseError in $errors) {
        Add-Fault $File.FullName $parseError.Extent.StartLineNumber $parseError.Message
    }
    if ($File.Extension -eq '.ps1' -and -not $ast.ScriptRequirements) {
        Add-Fault $File.FullName 1 'no #Requires: which PowerShell does it need?'
    }
    foreach ($command in $ast.FindAll({ $args[0] -is [Management.Automation.Language.CommandAst] }, $true)) {
        $name = $command.GetCommandName()
        if ($name -and ($name -in $windowsAliases -or (Get-Alias -Name ([WildcardPattern]::Escape($name)) -ErrorAction Ignore))) {
            Add-Fault $File.FullName $command.Extent.StartLineNumber "'$name' is an alias, which may mean something else elsewhere"
        }
    }
}

foreach ($file in Get-ProjectFile '.ps1', '.psm1', '.psd1') {
    Test-Script $file
}
foreach ($file in Get-ProjectFile '.ps1', '.psm1', '.psd1', '.ps1xml', '.cs', '.csproj', '.props', '.md', '.txt', '.json', '.yml', '.service', '.timer', '.cron', '') {
    $number = 0
    foreach ($line in [IO.File]::ReadLines($file.FullName)) {
        $number++
        if ($line -match '\s$') {
            Add-Fault $file.FullName $number 'blanks at the end of the line'
        }
    }
}
$headings = Select-String -LiteralPath (Join-Path $root 'docs/format.md') -Pattern '^#+ (.+)$' | ForEach-Object { $_.Matches[0].Groups[1].Value }
foreach ($match in Get-ProjectFile '.cs', '.ps1', '.md' | Select-String -Pattern 'format\.md(?:\))?, "([^"]+)"' -AllMatches) {
    foreach ($heading in $match.Matches | ForEach-Object { $_.Groups[1].Value } | Where-Object { $_ -notin $headings }) {
        Add-Fault $match.Path $match.LineNumber "docs/format.md has no heading '$heading'"
    }
}
foreach ($match in Get-ProjectFile '.md' | Select-String -Pattern '\]\(([\w./-]+)(?:#[^)]*)?\)' -AllMatches) {
    foreach ($link in $match.Matches | ForEach-Object { $_.Groups[1].Value }) {
        if (-not (Test-Path -LiteralPath (Join-Path (Split-Path $match.Path) $link))) {
            Add-Fault $match.Path $match.LineNumber "'$link' is not there"
        }
    }
}
# What people and machines are told to run must be there to be run.
$tasks = [regex]::Match([IO.File]::ReadAllText((Join-Path $root 'build.ps1')), "ValidateSet\(('Build'[^)]*)\)").Groups[1].Value -split "[', ]+"
foreach ($match in Get-ProjectFile '.md', '.yml', '.ps1', '' | Select-String -Pattern 'build\.ps1 -Task (\w+)' -AllMatches) {
    foreach ($task in $match.Matches | ForEach-Object { $_.Groups[1].Value } | Where-Object { $_ -notin $tasks }) {
        Add-Fault $match.Path $match.LineNumber "build.ps1 has no task '$task'"
    }
}
foreach ($match in Get-ProjectFile '.yml' | Select-String -Pattern '^\s+run: (?:sudo .*|dotnet tool restore|dotnet pwsh -NoProfile (\S+) .*|(\.ci/run))$' -NotMatch | Where-Object Line -Match '\brun:') {
    Add-Fault $match.Path $match.LineNumber 'not a command of the README'
}
try {
    $null = Test-ModuleManifest -Path (Join-Path $root 'BorgRepo.psd1')
} catch {
    Add-Fault (Join-Path $root 'BorgRepo.psd1') 1 $_.Exception.Message
}

foreach ($fault in $faults) {
    Write-Host $fault -ForegroundColor Red
}
exit [int]($faults.Count -gt 0)
