#Requires -Version 7.6
# What check.ps1 and watch.ps1 share: one line for each thing to say, where the system collects such lines, and one exit code.

$codes = @{ Information = 0; Warning = 1; Damage = 2; Failure = 3 }
$said = [Collections.Generic.List[object]]::new()

# Severity is Information, Warning, Damage (of a repository) or Failure (nothing could be told about it).
function Write-Report([string] $Severity, [string] $Repository, [string] $Message) {
    # One event is one line: whatever collects it would take the rest for something else.
    $line = "${Repository}: $Message" -replace '\s*[\r\n]+\s*', ' '
    $said.Add([pscustomobject]@{ Severity = $Severity; Repository = $Repository; Message = $line })
    if ($env:JOURNAL_STREAM) {
        # systemd's journal takes the priority from the first characters: 6 is information, 4 a warning, 3 an error.
        Write-Output "<$(@{ Information = 6; Warning = 4; Damage = 3; Failure = 3 }[$Severity])>$line"
    } else {
        Write-Output "$([datetime]::UtcNow.ToString('yyyy-MM-ddTHH:mm:ssZ')) $($Severity.ToUpperInvariant()) $line"
    }
    if ($IsWindows -and $EventLog) {
        $type = @{ Information = 'INFORMATION'; Warning = 'WARNING'; Damage = 'ERROR'; Failure = 'ERROR' }[$Severity]
        $null = eventcreate.exe /L APPLICATION /SO BorgRepo /ID (100 + $codes[$Severity]) /T $type /D $line
    }
}

# The worst of what was said.
function Get-ReportCode {
    [int]($said | ForEach-Object { $codes[$_.Severity] } | Measure-Object -Maximum).Maximum
}

# Hands what is not in order to a script of yours, which sends it where you look.
function Send-Report([string] $Script, [string] $Title) {
    $problems = @($said | Where-Object Severity -NE Information)
    if (-not $Script -or -not $problems) {
        return
    }
    try {
        & $Script -Title $Title -Problem $problems
    } catch {
        Write-Report Failure $Script "nobody was told: $($_.Exception.Message)"
    }
}
