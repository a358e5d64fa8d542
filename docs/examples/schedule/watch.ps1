#Requires -Version 7.6
<#
.SYNOPSIS
Looks whether repositories are in order and up to date, for a scheduler: takes no lock and reads headers only.
.DESCRIPTION
The exit code is that of check.ps1: 0 in order, 1 warnings, 2 damaged, 3 could not be looked at. A backup that is too old
is a warning.
.EXAMPLE
pwsh -NoProfile -NonInteractive -File watch.ps1 '/backups/*' -MaxAgeHours 26
#>
[CmdletBinding(PositionalBinding = $false)]
param(
    # Repositories, with wildcards.
    [Parameter(Mandatory, Position = 0, ValueFromRemainingArguments)]
    [string[]] $Path,

    # Warn if nothing was written for longer; 0 never does.
    [double] $MaxAgeHours = 26,

    # Warn if the volume has less free space.
    [double] $MinFreeGB = 0,

    # A file for the textfile collector of Prometheus' node exporter; its name ends with .prom.
    [string] $Prometheus,

    # A script that is told of problems, such as notify-webhook.ps1.
    [string] $Notify,

    # On Windows: write to the event log too. Needs administrator's rights the first time.
    [switch] $EventLog
)

$ErrorActionPreference = 'Stop'
. (Join-Path $PSScriptRoot 'Report.ps1')

function Get-Warning($Health) {
    foreach ($warning in $Health.Warnings) {
        [pscustomobject]@{ Severity = $warning.Code -eq 'DamagedSegments' ? 'Damage' : 'Warning'; Message = "$warning" }
    }
    if ($MaxAgeHours -gt 0 -and $Health.TransactionTime) {
        $hours = ($Health.MeasuredAt - $Health.TransactionTime).TotalHours
        if ($hours -gt $MaxAgeHours) {
            [pscustomobject]@{ Severity = 'Warning'; Message = "TooOld: nothing was written for $([Math]::Floor($hours)) hours." }
        }
    }
    if ($MinFreeGB -gt 0 -and $null -ne $Health.FreeVolumeBytes -and $Health.FreeVolumeBytes -lt $MinFreeGB * 1GB) {
        [pscustomobject]@{ Severity = 'Warning'; Message = "LittleSpace: the volume has $([Math]::Round($Health.FreeVolumeBytes / 1GB, 1)) GB free." }
    }
}

try {
    Import-Module BorgRepo
    foreach ($item in $Path) {
        try {
            Measure-BorgRepository -Path $item -NoLock -ErrorAction SilentlyContinue -ErrorVariable failures -WarningAction SilentlyContinue | ForEach-Object {
                $warnings = @(Get-Warning $_)
                foreach ($warning in $warnings) {
                    Write-Report $warning.Severity $_.Path $warning.Message
                }
                if (-not $warnings) {
                    Write-Report Information $_.Path "in order: transaction $($_.TransactionId), $($_.Objects) objects, $($_.SegmentBytes) bytes, $($_.ReclaimableBytes) reclaimable"
                }
            }
            foreach ($failure in $failures) {
                Write-Report Failure $item $failure.Exception.Message
            }
        } catch {
            Write-Report Failure $item $_.Exception.Message
        }
    }
    if ($Prometheus) {
        # The collector must never see half a file.
        $text = Measure-BorgRepository -Path $Path -NoLock -AsPrometheus -ErrorAction SilentlyContinue -WarningAction SilentlyContinue
        $new = Join-Path (Split-Path $Prometheus) ".$(Split-Path $Prometheus -Leaf).new"
        Set-Content -LiteralPath $new -Value $text -NoNewline
        Move-Item -LiteralPath $new -Destination $Prometheus -Force
    }
} catch {
    Write-Report Failure 'watch.ps1' $_.Exception.Message
}
Send-Report $Notify 'State of borg repositories'
exit (Get-ReportCode)
