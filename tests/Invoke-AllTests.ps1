#Requires -Version 7.6
<#
.SYNOPSIS
Runs the tests of the engine and of the module, each in a process of its own, and adds them up.
.DESCRIPTION
If BORGREPO_PEER is set, also those of tests/Peer: borg's own tests of its store and the real client, against our server.
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
    [pscustomobject]@{ Passed = 0; Failed = 1; Skipped = @(); FailedTests = @(); Note = "$Suite ended with exit code $ExitCode and without a report." }
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
    $failures = foreach ($test in $xml.SelectNodes('//test[@result="Fail"]')) {
        "$($test.name.Replace('BorgRepo.Core.Tests.', '')): $($test.SelectSingleNode('failure/message')?.InnerText.Trim())"
    }
    [pscustomobject]@{
        Passed = ($assemblies | ForEach-Object { [int]$_.passed } | Measure-Object -Sum).Sum
        Failed = if ($code -ne 0 -and $failed -eq 0) { 1 } else { $failed }
        Skipped = @($skipped)
        FailedTests = @($failures)
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

# The client's steps have a scenario and no class.
function Get-PeerName([object] $Test) {
    $class = $Test.PSObject.Properties['cls']
    "$($Test.group) $(if ($class) { "$($class.Value)." })$($Test.test)"
}

# borg's tests and its client know only what a server answers: the program has to be built.
function Invoke-PeerTest([string] $Name, [string[]] $Arguments) {
    $report = Join-Path $out "$Name.json"
    Remove-Item -LiteralPath $report -ErrorAction Ignore
    $env:BORGREPO_SERVE = "'$(Join-Path $root 'bin/borgrepo-serve')'"
    & (Join-Path $PSScriptRoot "Peer/$Name") @Arguments --json $report | Out-Host
    $code = $LASTEXITCODE
    if (-not (Test-Path -LiteralPath $report)) {
        return New-Died $Name $code
    }
    $tests = Get-Content -LiteralPath $report -Raw | ConvertFrom-Json
    [pscustomobject]@{
        Passed = @($tests | Where-Object outcome -EQ 'passed').Count
        Failed = @($tests | Where-Object outcome -EQ 'failed').Count
        Skipped = @($tests | Where-Object outcome -EQ 'skipped' | ForEach-Object { "$(Get-PeerName $_): $($_.why)" })
        FailedTests = @($tests | Where-Object outcome -EQ 'failed' | ForEach-Object { "$(Get-PeerName $_): $($_.why)" })
        Note = $null
    }
}

$results = @(Invoke-EngineTest; Invoke-ModuleTest)
if ($env:BORGREPO_PEER) {
    $results += Invoke-PeerTest 'run-peer-suite' '--like', 'borgrepo'
    $results += Invoke-PeerTest 'real-client-e2e'
}
foreach ($note in $results | ForEach-Object Note | Where-Object { $_ }) {
    Write-Host $note -ForegroundColor Red
}
$skipped = @($results | ForEach-Object { $_.Skipped })
if ($skipped) {
    Write-Host 'Skipped:'
    $skipped | ForEach-Object { Write-Host "  $_" }
}
# Last, where one looks first; the whole story is further up.
$failedTests = @($results | ForEach-Object { $_.FailedTests })
if ($failedTests) {
    Write-Host 'Failed:' -ForegroundColor Red
    $failedTests | ForEach-Object { Write-Host "  $_" -ForegroundColor Red }
}
$passed = ($results.Passed | Measure-Object -Sum).Sum
$failed = ($results.Failed | Measure-Object -Sum).Sum
Write-Host "$passed passed, $failed failed, $($skipped.Count) skipped"
exit [int]($failed -gt 0 -or $passed -eq 0)
