#Requires -Version 7.6
<#
.SYNOPSIS
Runs the tests of the engine and of the module, each in a process of its own, and adds them up; with BORGREPO_PEER set in
the environment also real borg's tests and client against the server.
.DESCRIPTION
The last line of the output is "N passed, N failed, N skipped". The exit code is 0 only if tests passed and none failed.
Needs what `build.ps1 -Task Help` makes. Reports are left in out/.
#>
[CmdletBinding()]
param(
    [ValidateSet('Debug', 'Release')]
    [string] $Configuration = 'Release'
)

$ErrorActionPreference = 'Stop'
$PSNativeCommandUseErrorActionPreference = $false
Set-StrictMode -Version 3

$root = Split-Path $PSScriptRoot
$out = Join-Path $root 'out'
$null = New-Item -ItemType Directory -Path $out -Force
$project = Join-Path $PSScriptRoot 'BorgRepo.Core.Tests'

# A suite that dies leaves no report: that is one failure, whatever it had passed.
function New-Died([string] $Suite, [int] $ExitCode) {
    [pscustomobject]@{ Passed = 0; Failed = 1; Skipped = @(); Note = "$Suite ended with exit code $ExitCode and without a report." }
}

function Invoke-EngineTest {
    $report = Join-Path $out 'engine-tests.xml'
    Remove-Item -LiteralPath $report -ErrorAction Ignore
    dotnet run --project $project --configuration $Configuration --verbosity quiet -- -noColor -xml $report | Out-Host
    $code = $LASTEXITCODE
    if (-not (Test-Path -LiteralPath $report)) {
        return New-Died 'The engine''s suite' $code
    }

    $xml = [xml]::new()
    $xml.Load($report)
    $assemblies = $xml.SelectNodes('/assemblies/assembly')
    $failed = ($assemblies | ForEach-Object { [int]$_.failed + [int]$_.errors } | Measure-Object -Sum).Sum
    $skipped = foreach ($test in $xml.SelectNodes('//test[@result="Skip"]')) {
        "$($test.name.Replace('BorgRepo.Core.Tests.', '').Replace('\"', '"')): $($test.SelectSingleNode('reason')?.InnerText.Trim())"
    }
    [pscustomobject]@{
        Passed = ($assemblies | ForEach-Object { [int]$_.passed } | Measure-Object -Sum).Sum
        Failed = if ($code -ne 0 -and $failed -eq 0) { 1 } else { $failed }
        Skipped = @($skipped)
        Note = if ($code -ne 0 -and $failed -eq 0) { "The engine's suite ended with exit code $code." }
    }
}

function Invoke-ModuleTest {
    $report = Join-Path $out 'module-tests.json'
    Remove-Item -LiteralPath $report -ErrorAction Ignore
    $pester = Join-Path (dotnet msbuild $project -getProperty:PkgPester) 'tools/Pester.psd1'
    $program = [Environment]::ProcessPath
    $prefix = @()
    if ([IO.Path]::GetFileNameWithoutExtension($program) -eq 'dotnet') {
        $prefix = @(Join-Path $PSHOME 'pwsh.dll')
    }
    & $program @prefix -NoProfile -NonInteractive -File (Join-Path $PSScriptRoot 'Pester/Invoke-Suite.ps1') -Pester $pester -OutputFolder $out | Out-Host
    $code = $LASTEXITCODE
    if (-not (Test-Path -LiteralPath $report)) {
        return New-Died 'The module''s suite' $code
    }
    Get-Content -LiteralPath $report -Raw | ConvertFrom-Json
}

# Real borg's own tests, and its unmodified client, against our server (tests/Peer). They take minutes, so only where asked for.
function Invoke-PeerTest([string] $Tool, [string[]] $Arguments) {
    if (-not $env:BORGREPO_PEER) {
        return [pscustomobject]@{ Passed = 0; Failed = 0; Skipped = @("tests/Peer/${Tool}: runs where BORGREPO_PEER is set."); Note = $null }
    }
    if (-not (Get-Command -Name borg -CommandType Application -ErrorAction Ignore)) {
        return [pscustomobject]@{ Passed = 0; Failed = 0; Skipped = @("tests/Peer/${Tool}: there is no borg."); Note = $null }
    }

    $env:BORGREPO_SERVE = Join-Path $root 'bin/borgrepo-serve'
    $lines = @(& (Join-Path $PSScriptRoot "Peer/$Tool") @Arguments 2>&1 | ForEach-Object { "$_" })
    $code = $LASTEXITCODE
    $count = $lines | Select-String -Pattern '^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$' | Select-Object -Last 1
    if (-not $count) {
        $lines | Out-Host
        return New-Died "tests/Peer/$Tool" $code
    }

    $groups = $count.Matches[0].Groups
    $failed = [int]$groups[2].Value
    $lines | Select-Object -Last 30 | Out-Host
    [pscustomobject]@{
        Passed = [int]$groups[1].Value
        Failed = $failed -eq 0 -and $code -ne 0 ? 1 : $failed
        # Those are left out for reasons that tests/Peer/README.md lists; they are no tests of a server.
        Skipped = @()
        Note = $failed -eq 0 -and $code -ne 0 ? "tests/Peer/$Tool ended with exit code $code." : $null
    }
}

$results = @(
    Invoke-EngineTest
    Invoke-ModuleTest
    Invoke-PeerTest 'run-peer-suite' '--like', 'borgrepo'
    Invoke-PeerTest 'real-client-e2e'
)
foreach ($note in $results | ForEach-Object Note | Where-Object { $_ }) {
    Write-Host $note -ForegroundColor Red
}
$skipped = @($results | ForEach-Object { $_.Skipped })
if ($skipped) {
    Write-Host 'Skipped:'
    $skipped | ForEach-Object { Write-Host "  $_" }
}
$passed = ($results.Passed | Measure-Object -Sum).Sum
$failed = ($results.Failed | Measure-Object -Sum).Sum
Write-Host "$passed passed, $failed failed, $($skipped.Count) skipped"
exit [int]($failed -gt 0 -or $passed -eq 0)
