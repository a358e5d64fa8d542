#Requires -Version 7.6
<#
.SYNOPSIS
Runs the tests of the module. Called by tests/Invoke-AllTests.ps1; to run one file by hand:
pwsh -NoProfile tests/Pester/Invoke-Suite.ps1 -Filter Module
#>
[CmdletBinding()]
param(
    # The Pester module; by default what the NuGet restore of the engine's tests brought.
    [string] $Pester,

    [string] $OutputFolder = (Join-Path $PSScriptRoot '../../out'),

    # Only the files whose names start so.
    [string] $Filter = ''
)

# No preference and no strict mode is set here: the tests would inherit it and see another module than a user does.
# Colours only, off here and in processes that tests start: an escape character in a message would break the report.
$PSStyle.OutputRendering = 'PlainText'
$env:NO_COLOR = '1'
if (-not $Pester) {
    $project = Join-Path $PSScriptRoot '../BorgRepo.Core.Tests'
    dotnet restore $project --verbosity quiet
    $Pester = Join-Path (dotnet msbuild $project -getProperty:PkgPester) 'tools/Pester.psd1'
}
Import-Module -Name $Pester -ErrorAction Stop
$null = New-Item -ItemType Directory -Path $OutputFolder -Force -ErrorAction Stop

$configuration = New-PesterConfiguration
$configuration.Run.Path = Join-Path $PSScriptRoot "$Filter*.Tests.ps1"
$configuration.Run.PassThru = $true
$configuration.Output.Verbosity = 'Normal'
$configuration.Output.RenderMode = 'Plaintext'
$configuration.TestResult.Enabled = $true
$configuration.TestResult.OutputPath = Join-Path $OutputFolder 'module-tests.xml'
$result = Invoke-Pester -Configuration $configuration

# A file that cannot be read or a block whose set-up fails is a failure even if no test of it is counted as one.
$broken = $result.FailedContainersCount + $result.FailedBlocksCount
$failed = $result.FailedCount + $result.InconclusiveCount
if ($failed -eq 0) {
    $failed = $broken
}
$skipped = foreach ($test in $result.Skipped) {
    # -Skip carries no reason of its own, Set-ItResult -Because does.
    $reason = if ($test.ErrorRecord) { $test.ErrorRecord[0].TargetObject.Message ?? $test.ErrorRecord[0].Exception.Message } else { 'no reason given' }
    "$($test.ExpandedPath): $reason"
}
[ordered]@{
    Passed = $result.PassedCount
    Failed = $failed
    Skipped = @($skipped)
    FailedTests = @($result.Failed | ForEach-Object { "$($_.ExpandedPath): $($_.ErrorRecord | Select-Object -First 1)" })
    Note = if ($broken) { "$broken file(s) or block(s) of the module's suite could not be run." }
} | ConvertTo-Json | Set-Content -LiteralPath (Join-Path $OutputFolder 'module-tests.json')
exit [int]($failed -gt 0)
