#Requires -Version 7.6
<#
.SYNOPSIS
Fills a folder with what the examples of the help pages start from (docs/contributing.md, "Help pages").
#>
[CmdletBinding()]
param(
    [Parameter(Mandatory)]
    [string] $Path
)

function Set-Text([string] $Repository, [string] $Id, [string] $Text) {
    $null = Set-BorgObject -LiteralPath $Repository -Id ($Id * 32) -Value ([Text.Encoding]::UTF8.GetBytes($Text)) -ErrorAction Stop
}

$repo = Join-Path $Path 'repo'
$other = Join-Path $Path 'other'
$locked = Join-Path $Path 'locked'
$null = New-BorgRepository -Path $repo -ErrorAction Stop
Set-Text $repo '01' 'first object'
Set-Text $repo '02' 'second object'
Set-Text $repo '03' 'third object'
Set-BorgRepositoryKey -LiteralPath $repo -Key 'key text' -ErrorAction Stop

$null = New-BorgRepository -Path $other -ErrorAction Stop
Set-Text $other '04' 'fourth object'

Copy-Item -LiteralPath $repo -Destination $locked -Recurse
$null = New-Item -ItemType Directory -Path (Join-Path $locked 'lock.exclusive')
$null = New-Item -ItemType File -Path (Join-Path $locked 'lock.exclusive/backup.example.org@187723672.4711-0')

$null = New-Item -ItemType Directory -Path (Join-Path $Path 'files')
Set-Content -LiteralPath (Join-Path $Path "files/$('05' * 32)") -Value 'fifth object' -NoNewline
