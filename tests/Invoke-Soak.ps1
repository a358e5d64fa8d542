#Requires -Version 7.6
<#
.SYNOPSIS
Runs the long forms of the engine's tests, one after the other, each for its share of the time.
.DESCRIPTION
They are the tests with the category Soak. Lines of a test are shown as they come; at the end stands what each did in all.
The exit code is 0 only if some ran and none failed. The report is left in out/soak.xml, the lines of failures in out/soak.log.
A run with the same seed and minutes looks at the same things in the same order, as far as the machine is as fast.
#>
[CmdletBinding()]
param(
    [ValidateRange(0.1, 100000)]
    [double] $Minutes = 10,

    # Where chance begins; 0 takes another one each time.
    [ValidateRange(0, 2147483647)]
    [int] $Seed = 0,

    # Only tests whose class has such a name, as in '*Crash*'.
    [string] $Class = '*.*'
)

$ErrorActionPreference = 'Stop'
$PSNativeCommandUseErrorActionPreference = $false
Set-StrictMode -Version 3

$root = Split-Path $PSScriptRoot
$out = Join-Path $root 'out'
$null = New-Item -ItemType Directory -Path $out -Force
$project = Join-Path $PSScriptRoot 'BorgRepo.Core.Tests'
$report = Join-Path $out 'soak.xml'
$log = Join-Path $out 'soak.log'
Remove-Item -LiteralPath $report, $log -ErrorAction Ignore

dotnet build $project --configuration Release --verbosity quiet --nologo
if ($LASTEXITCODE -ne 0) {
    exit $LASTEXITCODE
}

if ($Seed -eq 0) {
    $Seed = Get-Random -Minimum 1 -Maximum 1000000
}
$env:BORGREPO_SOAK_MINUTES = $Minutes.ToString([cultureinfo]::InvariantCulture)
$env:BORGREPO_SOAK_SEED = $Seed
Write-Host "$Minutes minutes, seed $Seed, $([Environment]::ProcessorCount) processors, $([DateTime]::UtcNow.ToString('yyyy-MM-dd HH:mm')) UTC"

$assembly = Join-Path $project 'bin/Release/net10.0/BorgRepo.Core.Tests.dll'
$lineOf = [regex] '^\s*BorgRepo\.Core\.Tests\.(?:\w+\.)*(?<test>\w+\.\w+)(?:\(.*\))? \[OUTPUT\] (?<text>.*)$'
dotnet $assembly -noLogo -noColor -parallelMode none -explicit only -trait 'Category=Soak' -class "$Class" -showLiveOutput -xml $report |
    ForEach-Object {
        Add-Content -LiteralPath $log -Value $_
        $match = $lineOf.Match($_)
        Write-Host ($match.Success ? "$($match.Groups['test']): $($match.Groups['text'])" : $_)
    }
$code = $LASTEXITCODE
if (-not (Test-Path -LiteralPath $report)) {
    Write-Host "The tests ended with exit code $code and without a report." -ForegroundColor Red
    exit 1
}

$xml = [xml]::new()
$xml.Load($report)
$tests = @($xml.SelectNodes('//test[@result!="NotRun"]'))
$rows = foreach ($test in $tests) {
    $lines = @("$($test.SelectSingleNode('output')?.InnerText)".Trim() -split '\r?\n')
    [pscustomobject]@{
        Result = $test.result
        Seconds = [Math]::Round([double]::Parse($test.time, [cultureinfo]::InvariantCulture))
        Test = $test.name.Replace('BorgRepo.Core.Tests.', '')
        Did = $test.result -eq 'Skip' ? $test.SelectSingleNode('reason').InnerText.Trim() : $lines[-1]
    }
}
Write-Host ''
foreach ($row in $rows) {
    Write-Host ('{0,-5}{1,6} s  {2}' -f $row.Result, $row.Seconds, $row.Test)
    Write-Host "             $($row.Did)"
}
$failed = @($rows | Where-Object Result -EQ 'Fail').Count
Write-Host "$(@($rows | Where-Object Result -EQ 'Pass').Count) passed, $failed failed, $(@($rows | Where-Object Result -EQ 'Skip').Count) skipped, seed $Seed"
exit [int]($failed -gt 0 -or $code -ne 0 -or $rows.Count -eq 0)
