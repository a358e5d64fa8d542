#Requires -Version 7.6
<#
.SYNOPSIS
Checks all repositories below some folders, here and on other computers, and gathers their health in one report.
.DESCRIPTION
Emits one BorgHealth object for each repository, with what the check concluded added to it: Computer, Check, Findings,
Problem. A repository that could not be checked is not left out: it is emitted with Healthy false, Check "Failed" and the
reason in Problem. Objects from other computers name their repository there, by path.

Other computers need PowerShell as a subsystem of their sshd (see about_Remote_Requirements) and BorgRepo on their module
path. ssh asks for nothing if keys are set up; user, port and key of a computer belong in ~/.ssh/config.
.EXAMPLE
./Invoke-FleetCheck.ps1 -Path /srv/backup -Report ./fleet.html
.EXAMPLE
$computers = New-PSSession -HostName nas1, nas2
./Invoke-FleetCheck.ps1 -Path /srv/backup -Session $computers | Where-Object { -not $_.Healthy }
#>
[CmdletBinding()]
param(
    # Folders to look for repositories in; with -Session, folders of those computers.
    [Parameter(Mandatory)]
    [string[]] $Path,

    # Computers to do this on, each at the same time; without them, this one.
    [Management.Automation.Runspaces.PSSession[]] $Session,

    # Seconds for the check of each repository; it goes on there the next time. 0 checks everything.
    [int] $MaxDuration = 0,

    # Repositories to check at once on each computer. Two on one disk are slower than one after the other.
    [int] $ThrottleLimit = 2,

    # An HTML page to write.
    [string] $Report,

    # Where BorgRepo is, if not on the module path.
    [string] $Module = 'BorgRepo'
)

$ErrorActionPreference = 'Stop'
Set-StrictMode -Version Latest

# Runs on each computer. What the parallel part needs goes with the pipeline: $using: would mean this computer's variables.
$work = {
    param([string[]] $Folder, [string] $Module, [int] $MaxDuration, [int] $ThrottleLimit)
    Import-Module $Module -ErrorAction Stop
    $options = $MaxDuration -gt 0 ? @{ MaxDuration = $MaxDuration } : @{}
    Get-BorgRepository -LiteralPath $Folder -Recurse |
        ForEach-Object { @{ Path = $_.Path; Module = $Module; Options = $options } } |
        ForEach-Object -ThrottleLimit $ThrottleLimit -Parallel {
            $task = $_
            $added = [ordered]@{ Computer = [Environment]::MachineName; Check = 'Failed'; Findings = 0; Problem = '' }
            try {
                Import-Module $task.Module -ErrorAction Stop
                $options = $task.Options
                $found = @(Invoke-BorgRepoCheck -LiteralPath $task.Path @options -ErrorAction Stop -WarningAction SilentlyContinue)
                $added.Check = "$($found[-1].Conclusion)"
                $added.Findings = $found.Count - 1
                $added.Problem = "$($found | Where-Object { "$($_.PSObject.Properties['Severity']?.Value)" -in 'Error', 'Warning' } | Select-Object -First 1)"
                Measure-BorgRepository -LiteralPath $task.Path -ErrorAction Stop -WarningAction SilentlyContinue |
                    Add-Member -NotePropertyMembers $added -PassThru
            } catch {
                $added.Check = 'Failed'
                $added.Problem = "$_"
                [pscustomobject](@{ Path = $task.Path; Healthy = $false } + $added)
            }
        }
}

$arguments = $Path, $Module, $MaxDuration, $ThrottleLimit
$fleet = @(if ($Session) {
    Invoke-Command -Session $Session -ScriptBlock $work -ArgumentList $arguments -ErrorAction Continue
} else {
    & $work @arguments
})
$fleet

if ($Report) {
    # What needs attention comes first.
    $rows = $fleet | ForEach-Object {
        [pscustomobject]@{
            Attention = -not $_.Healthy -or $_.Check -notin 'Sound', 'PartlyChecked'
            Computer = $_.Computer
            Path = $_.Path
            Check = $_.Check
            Warnings = "$($_.PSObject.Properties['Warnings']?.Value | Where-Object { $_ } | ForEach-Object { $_.Code })"
            'Last transaction' = '{0:u}' -f $_.PSObject.Properties['TransactionTime']?.Value
            Problem = $_.Problem
        }
    } | Sort-Object { -not $_.Attention }, Computer, Path
    $style = '<meta name="viewport" content="width=device-width"><style>:root{color-scheme:light dark}body{font:15px/1.5 system-ui,sans-serif;margin:1rem}table{border-collapse:collapse}th,td{text-align:left;padding:.2rem .8rem .2rem 0;vertical-align:top;overflow-wrap:anywhere}</style>'
    $title = "$($fleet.Count) repositories, $(@($rows | Where-Object Attention).Count) need attention"
    $rows | ConvertTo-Html -Title $title -Head $style -PreContent "<h1>$title</h1><p>$([datetime]::UtcNow.ToString('u'))</p>" |
        Set-Content -LiteralPath $Report
}
