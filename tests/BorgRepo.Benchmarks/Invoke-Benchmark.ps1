#Requires -Version 7.6
<#
.SYNOPSIS
Runs the workloads of docs/workloads.md with real borg and with our engine, in turn, and puts the figures into
docs/benchmarks.md.
.DESCRIPTION
Needs Python 3 and borg 1.x; the scratch folders need 6 GiB each. Targets are meant for eight rounds or more: that takes
hours. Whatever else runs on the machine meanwhile makes the figures worthless.
.EXAMPLE
pwsh tests/BorgRepo.Benchmarks/Invoke-Benchmark.ps1 -Rounds 2 -Workload small -Phase put, check -SkipReport
#>
[CmdletBinding()]
param(
    [ValidateRange(1, 100)]
    [int] $Rounds = 8,

    [ValidateSet('small', 'medium', 'medium5', 'large', 'mixed', 'tiny1m', 'tiny5m')]
    [string[]] $Workload = @('small', 'medium', 'medium5', 'large', 'mixed', 'tiny1m'),

    # Default: all phases of each workload.
    [string[]] $Phase = @(),

    # Scratch folders by the word that stands for each in the tables.
    [Collections.IDictionary] $Folder = [ordered]@{},

    # Only measure and print; docs/benchmarks.md stays as it is.
    [switch] $SkipReport
)

$ErrorActionPreference = 'Stop'
$PSNativeCommandUseErrorActionPreference = $true
Set-StrictMode -Version 3

$root = Split-Path (Split-Path $PSScriptRoot)
$out = Join-Path $root 'out/bench'
$rows = Join-Path $out 'rows.jsonl'
$peer = Join-Path $PSScriptRoot 'peer'
$program = Join-Path $out 'program/BorgRepo.Benchmarks.dll'

foreach ($needed in 'python3', 'borg') {
    if (-not (Get-Command -Name $needed -CommandType Application -ErrorAction Ignore)) {
        throw "There is no $needed here, and the benchmark compares with real borg. Our side alone: dotnet run --project $PSScriptRoot -c Release -- FOLDER"
    }
}
if ($Folder.Count -eq 0) {
    $Folder = [ordered]@{ disk = Join-Path $out 'scratch' }
    if (Test-Path -LiteralPath '/dev/shm') {
        $Folder.Insert(0, 'tmpfs', "/dev/shm/borgrepo-bench-$PID")
    }
}

$null = New-Item -ItemType Directory -Path $out -Force
Remove-Item -LiteralPath $rows -ErrorAction Ignore
dotnet publish (Join-Path $PSScriptRoot 'BorgRepo.Benchmarks.csproj') --configuration Release --output (Split-Path $program) --verbosity quiet --nologo

# The self-check first: figures of different workloads would be worse than none.
$borg = python3 "$peer/borg-baseline.py" x --selfcheck
$ours = dotnet $program --selfcheck
if (Compare-Object $borg $ours) {
    throw 'The two sides do not make the same objects.'
}

foreach ($label in $Folder.Keys) {
    $scratch = $Folder[$label]
    try {
        foreach ($name in $Workload) {
            $arguments = "-w $name --label $label"
            if ($Phase) {
                $arguments += " -p $($Phase -join ',')"
            }
            # Only commits differ there; the phases between are what makes the hints as long as on the other side.
            $commits = @('put', 'overwrite_delete', 'compact', 'commit1').Where({ -not $name.StartsWith('tiny') -or $_ -in 'put', 'commit1' })
            $checkpoint = "-w $name --label $label -p $($commits -join ',')"
            # A folder for each: they must not warm the cache for each other.
            python3 "$peer/compare.py" -n $Rounds -o $rows `
                "python3 '$peer/borg-baseline.py' '$scratch/borg' $arguments" `
                "dotnet '$program' '$scratch/ours' $arguments --warm" `
                "dotnet '$program' '$scratch/ours' $arguments" `
                "dotnet '$program' '$scratch/ours' $arguments --warm --threads 2" `
                "dotnet '$program' '$scratch/ours' $checkpoint --warm --checkpoint"
        }
        python3 "$peer/limits.py" "$scratch/limits" --label $label | Tee-Object -FilePath (Join-Path $out "limits-$label.jsonl")
    } finally {
        Remove-Item -LiteralPath $scratch -Recurse -Force -ErrorAction Ignore
    }
}

if (-not $SkipReport) {
    dotnet $program --report $rows (Join-Path $root 'docs/benchmarks.md')
}
