#Requires -Version 7.6
<#
.SYNOPSIS
Makes terminal.png, the picture of the README: what the commands in it really print, drawn by aha and chromium.
.DESCRIPTION
Needs a build, and the programs aha and chromium. Look at the picture before you commit it.
#>
[CmdletBinding()]
param(
    [string] $Destination = (Join-Path $PSScriptRoot 'terminal.png')
)

$ErrorActionPreference = 'Stop'
$PSNativeCommandUseErrorActionPreference = $true
Import-Module (Join-Path $PSScriptRoot '../../BorgRepo.psd1')

$work = Join-Path ([IO.Path]::GetTempPath()) "borgrepo-picture-$([guid]::NewGuid().ToString('N').Substring(0, 8))"
$null = New-Item -ItemType Directory -Path $work
Push-Location -LiteralPath $work
try {
    # A year of backups, in small: what was stored earlier is dead by more.
    $null = New-BorgRepository ./server1 -MaxSegmentSize 60000
    $random = [Random]::new(7)
    foreach ($day in 0..59) {
        $session = Open-BorgRepository ./server1 -Exclusive
        foreach ($chunk in 0..11) {
            $bytes = [byte[]]::new(4000 + $random.Next(6000))
            $random.NextBytes($bytes)
            $null = Set-BorgObject $session ('{0:x2}{1:x2}{2}' -f $day, $chunk, ('e7' * 30)) $bytes
        }
        $expired = Get-BorgObject $session | Where-Object { $random.NextDouble() -lt 0.012 * (60 - $day) / 60 + 0.006 }
        $expired | Remove-BorgObject -Repository $session
        $null = Complete-BorgTransaction $session
        Close-BorgRepository $session
    }
    $null = Compress-BorgSegments ./server1 -Threshold 60
    $null = New-BorgRepository ./server2
    # One byte that a disk did not keep: in a header, so that the map shows it.
    $file = (Get-BorgSegment ./server1 | Where-Object Puts -GT 4)[30].Path
    $bytes = [IO.File]::ReadAllBytes($file)
    $bytes[15] = $bytes[15] -bxor 0x40
    [IO.File]::WriteAllBytes($file, $bytes)

    $PSStyle.OutputRendering = 'Ansi'
    $WarningPreference = 'SilentlyContinue'
    $commands = @(
        'Get-BorgRepository *'
        'Get-BorgSegment server1 | Show-BorgSegmentMap -Width 100'
        'Get-BorgSegment server1 | Sort-Object DeadBytes -Descending | Select-Object -First 4'
        'Invoke-BorgRepoCheck server1 | Select-Object -First 1 | Format-List Severity, Kind, Message'
    )
    $shown = foreach ($command in $commands) {
        "$($PSStyle.Foreground.BrightBlack)PS /backups>$($PSStyle.Reset) $($PSStyle.Foreground.BrightYellow)$command$($PSStyle.Reset)"
        $printed = & ([scriptblock]::Create($command)) | Out-String -Width 112
        ($printed.Replace("$work/", '/backups/').Trim("`r", "`n") -split '\r?\n' | ForEach-Object TrimEnd) -join "`n"
        ''
    }
    $body = ($shown -join "`n") | aha --no-header --black
    $html = @"
<!doctype html><meta charset="utf-8"><style>
body { margin: 0; background: #14181f; color: #d7dce3 }
pre { margin: 14px 18px; font: 13px/1.35 "DejaVu Sans Mono", "Liberation Mono", monospace }
</style><pre>$($body -join "`n")</pre>
"@
    Set-Content -LiteralPath ./page.html -Value $html
    $lines = ($shown -join "`n").Split("`n").Count
    chromium --headless --no-sandbox --disable-gpu --hide-scrollbars --force-device-scale-factor=1.25 "--window-size=930,$([int](28 + $lines * 17.6))" "--screenshot=$work/page.png" "file://$work/page.html" 2>&1 | Out-Null
    Copy-Item -LiteralPath ./page.png -Destination $Destination
} finally {
    Pop-Location
    Remove-Item -LiteralPath $work -Recurse -Force
}
