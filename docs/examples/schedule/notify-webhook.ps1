#Requires -Version 7.6
<#
.SYNOPSIS
Sends problems to a web hook, as JSON. An example: make your own of it.
.DESCRIPTION
The address is taken from the environment variable BORGREPO_HOOK, so that it stands in no command line. For mail, call the
mail program of your system here instead, for instance:
    $text | mail -s $Title admin@example.org
#>
[CmdletBinding()]
param(
    [Parameter(Mandatory)]
    [string] $Title,

    # Objects with Severity, Repository and Message.
    [Parameter(Mandatory)]
    [object[]] $Problem
)

$ErrorActionPreference = 'Stop'
if (-not $env:BORGREPO_HOOK) {
    throw 'BORGREPO_HOOK does not say where to.'
}
$text = ($Problem | ForEach-Object { "$($_.Severity): $($_.Message)" }) -join "`n"
$body = @{ title = "$Title on $([Environment]::MachineName)"; text = $text; problems = $Problem } | ConvertTo-Json -Depth 3
$null = Invoke-RestMethod -Method Post -Uri $env:BORGREPO_HOOK -ContentType 'application/json; charset=utf-8' -Body $body -TimeoutSec 30
