#Requires -Version 7.6
<#
.SYNOPSIS
Measures the cmdlets: objects per second through pipelines, and how long the import takes. One JSON row a metric.
.DESCRIPTION
Needs bin/ (build.ps1 -Task Build) and an existing repository with many objects, such as that of the workload small that
`BorgRepo.Benchmarks FOLDER -w small -p put --keep` leaves. Best of three runs; imports: median of fresh processes.
.EXAMPLE
pwsh tests/BorgRepo.Benchmarks/Measure-Cmdlets.ps1 -Repository /dev/shm/bench/repo-small
#>
[CmdletBinding()]
param(
    [Parameter(Mandatory)]
    [string] $Repository,

    [string] $Label = '',

    [ValidateRange(1, 50)]
    [int] $Processes = 10
)

$ErrorActionPreference = 'Stop'
Set-StrictMode -Version 3

$root = Split-Path (Split-Path $PSScriptRoot)
$manifest = Join-Path $root 'BorgRepo.psd1'
$version = (Import-PowerShellDataFile -LiteralPath $manifest).ModuleVersion
$workload = (Split-Path $Repository -Leaf) -replace '^repo-' + ($Label ? "/$Label" : '')

function Write-Row([string] $Metric, [double] $Value, [string] $Unit) {
    [ordered]@{ impl = "borgrepo-$version-cmdlets"; workload = $workload; metric = $Metric; value = $Value; unit = $Unit } | ConvertTo-Json -Compress
}

function Get-BestRate([int] $Count, [scriptblock] $Pipeline) {
    $best = 1..3 | ForEach-Object { (Measure-Command -Expression $Pipeline).TotalSeconds } | Measure-Object -Minimum
    $Count / $best.Minimum
}

function Get-Median([double[]] $Values) {
    $sorted = @($Values | Sort-Object)
    $sorted[[int][math]::Floor($sorted.Count / 2)]
}

# The time inside the process: how long PowerShell itself takes to start is not ours.
function Measure-Import([string] $Path) {
    $command = "(Measure-Command { Import-Module -Name '$Path' }).TotalMilliseconds"
    $program = [Environment]::ProcessPath
    $prefix = [IO.Path]::GetFileNameWithoutExtension($program) -eq 'dotnet' ? @(Join-Path $PSHOME 'pwsh.dll') : @()
    Get-Median (1..$Processes | ForEach-Object { [double](& $program @prefix -NoProfile -NonInteractive -Command $command) })
}

$empty = Join-Path ([IO.Path]::GetTempPath()) "BorgRepoEmpty$PID"
try {
    $null = New-Item -ItemType Directory -Path $empty
    $emptyManifest = Join-Path $empty "$(Split-Path $empty -Leaf).psd1"
    New-ModuleManifest -Path $emptyManifest -FunctionsToExport @() -CmdletsToExport @() -AliasesToExport @() -VariablesToExport @()
    $ours = Measure-Import $manifest
    $bare = Measure-Import $emptyManifest
    Write-Row 'import' $ours 'ms'
    Write-Row 'import_empty' $bare 'ms'
    Write-Row 'import_share' ($ours - $bare) 'ms'
} finally {
    Remove-Item -LiteralPath $empty -Recurse -ErrorAction Ignore
}

Import-Module -Name $manifest
$session = Open-BorgRepository -Path $Repository
try {
    $count = (Get-BorgObject -Repository $session | Measure-Object).Count
    Write-Row 'get_object' (Get-BestRate $count { $null = Get-BorgObject -Repository $session }) 'ops/s'
    Write-Row 'get_object_where' (Get-BestRate $count { $null = Get-BorgObject -Repository $session | Where-Object Size -GT 5 }) 'ops/s'
    Write-Row 'get_object_content' (Get-BestRate $count { $null = Get-BorgObject -Repository $session -Content }) 'ops/s'
    Write-Row 'get_segment_entry' (Get-BestRate $count { $null = Get-BorgSegmentEntry -Repository $session }) 'ops/s'
} finally {
    Close-BorgRepository -Repository $session
}
