#Requires -Version 7.6
<#
.SYNOPSIS
Checks repositories, for a scheduler: one line for each finding, and an exit code that says how it went.
.DESCRIPTION
0  all are sound, as far as they were read
1  sound, but with warnings that somebody should read
2  at least one is damaged
3  at least one could not be checked: it is locked, not there or not readable
.EXAMPLE
pwsh -NoProfile -NonInteractive -File check.ps1 /backups/server1 /backups/server2 -MaxMinutes 60
#>
[CmdletBinding(PositionalBinding = $false)]
param(
    # Repositories, with wildcards.
    [Parameter(Mandatory, Position = 0, ValueFromRemainingArguments)]
    [string[]] $Path,

    # Check for so long and go on the next time; 0 reads everything.
    [int] $MaxMinutes = 0,

    # How many minutes to wait for a backup to end.
    [int] $LockMinutes = 60,

    # A script that is told of problems, such as notify-webhook.ps1.
    [string] $Notify,

    # On Windows: write to the event log too. Needs administrator's rights the first time.
    [switch] $EventLog
)

$ErrorActionPreference = 'Stop'
. (Join-Path $PSScriptRoot 'Report.ps1')

# How many findings of one repository are told one by one.
$most = 20

try {
    Import-Module BorgRepo
    $limit = $MaxMinutes -gt 0 ? @{ MaxDuration = 60 * $MaxMinutes } : @{}
    foreach ($item in $Path) {
        try {
            $findings = @()
            # A repository that cannot be opened is an error that does not end the others.
            Invoke-BorgRepoCheck -Path $item @limit -LockWait (60 * $LockMinutes) -ErrorAction SilentlyContinue -ErrorVariable failures -WarningAction SilentlyContinue | ForEach-Object {
                if ($_ -is [BorgRepo.BorgCheckFinding]) {
                    $findings += $_
                    if ($findings.Count -le $most) {
                        Write-Report ($_.Severity -eq 'Error' ? 'Damage' : $_.Severity) $_.RepositoryPath $_.Message
                    }
                    return
                }
                if ($findings.Count -gt $most) {
                    Write-Report Information $_.RepositoryPath "$($findings.Count - $most) more findings. Invoke-BorgRepoCheck shows all."
                }
                $findings = @()
                $read = $_.Bytes -is [long] ? ", $($_.Segments) segments, $($_.Bytes) bytes in $([int]$_.Duration.TotalSeconds) s" : ''
                $severity = -not $_.Passed ? 'Damage' : $_.Warnings -gt 0 ? 'Warning' : 'Information'
                Write-Report $severity $_.RepositoryPath "check: $($_.Conclusion)$read, $([int]$_.Errors) errors, $([int]$_.Warnings) warnings"
            }
            foreach ($failure in $failures) {
                Write-Report Failure $item $failure.Exception.Message
            }
        } catch {
            Write-Report Failure $item $_.Exception.Message
        }
    }
} catch {
    Write-Report Failure 'check.ps1' $_.Exception.Message
}
Send-Report $Notify 'Check of borg repositories'
exit (Get-ReportCode)
