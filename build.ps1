#Requires -Version 7.6
<#
.SYNOPSIS
Builds, tests and packages BorgRepo. Needs nothing but the .NET SDK.
.EXAMPLE
dotnet tool restore && dotnet pwsh -NoProfile build.ps1 -Task Test
#>
[CmdletBinding()]
param(
    # Build: bin/. Help: en-US/ from docs/en-US. Lint: analyzers, layout, scripts. Test: Build, Help, both test suites.
    # Demo: a short tour. Package: out/BorgRepo/<version> and its zip. Clean: removes what the others made.
    [ValidateSet('Build', 'Help', 'Lint', 'Test', 'Demo', 'Package', 'Bench', 'Soak', 'Clean')]
    [string] $Task = 'Build',

    [ValidateSet('Debug', 'Release')]
    [string] $Configuration = 'Release'
)

$ErrorActionPreference = 'Stop'
$PSNativeCommandUseErrorActionPreference = $true
Set-StrictMode -Version 3

$root = $PSScriptRoot
$bin = Join-Path $root 'bin'
$out = Join-Path $root 'out'
$manifest = Join-Path $root 'BorgRepo.psd1'

function Write-Step([string] $Text) {
    Write-Host "== $Text" -ForegroundColor Cyan
}

# A module's assembly stays in the process that imported it; whatever imports it runs in a process of its own.
# The caller looks at $LASTEXITCODE where a failure is a result, not an accident.
function Invoke-Script([string] $Path, [string[]] $Arguments) {
    $program = [Environment]::ProcessPath
    $prefix = @()
    if ([IO.Path]::GetFileNameWithoutExtension($program) -eq 'dotnet') {
        $prefix = @(Join-Path $PSHOME 'pwsh.dll')
    }
    & $program @prefix -NoProfile -NonInteractive -File $Path @Arguments
}

function Remove-Output([string[]] $Path) {
    foreach ($item in $Path) {
        if (Test-Path -LiteralPath $item) {
            Remove-Item -LiteralPath $item -Recurse -Force
        }
    }
}

function Invoke-Build {
    Write-Step "Build ($Configuration)"
    Remove-Output $bin
    $deps = Join-Path $bin 'deps'
    dotnet publish (Join-Path $root 'src/BorgRepo/BorgRepo.csproj') --configuration $Configuration --output $deps --verbosity quiet --nologo -p:PublishDocumentationFiles=false

    # bin has what PowerShell loads; bin/deps what the module loads into a context of its own (see ModuleLoader.cs).
    Get-ChildItem -LiteralPath $deps -File | Where-Object Name -Match '^BorgRepo\.(dll|pdb|Format\.ps1xml|Types\.ps1xml)$' |
        Move-Item -Destination $bin
    Get-ChildItem -LiteralPath $deps -File | Where-Object Name -Match '\.(deps|runtimeconfig)\.json$' | Remove-Item
}

function Invoke-Help {
    Write-Step 'Help'
    Remove-Output (Join-Path $root 'en-US')
    Invoke-Script (Join-Path $root 'docs/ConvertTo-Maml.ps1')
}

function Invoke-Lint {
    Write-Step 'Analyzers'
    dotnet build (Join-Path $root 'BorgRepo.sln') --configuration $Configuration --verbosity quiet --nologo
    Write-Step 'Layout of C# files'
    dotnet format whitespace (Join-Path $root 'BorgRepo.sln') --verify-no-changes --no-restore
    Invoke-Build
    Write-Step 'Scripts and text files'
    Invoke-Script (Join-Path $root 'tests/Test-ScriptStyle.ps1')
}

function Invoke-Test {
    Invoke-Build
    Invoke-Help
    Write-Step 'Test'
    $PSNativeCommandUseErrorActionPreference = $false
    Invoke-Script (Join-Path $root 'tests/Invoke-AllTests.ps1') '-Configuration', $Configuration
    exit $LASTEXITCODE
}

function Invoke-Demo {
    Invoke-Build
    Write-Step 'Demo'
    Invoke-Script (Join-Path $root 'docs/examples/demo.ps1')
}

function Invoke-Package {
    Invoke-Build
    Invoke-Help
    Write-Step 'Package'
    $version = (Import-PowerShellDataFile -LiteralPath $manifest).ModuleVersion
    $folder = Join-Path $out "BorgRepo/$version"
    $zip = Join-Path $out "BorgRepo-$version.zip"
    Remove-Output $folder, $zip, "$zip.sha256"
    $null = New-Item -ItemType Directory -Path $folder
    foreach ($name in 'BorgRepo.psd1', 'bin', 'en-US', 'LICENSE', 'README.md', 'CHANGELOG.md', 'docs/third-party-notices.md') {
        Copy-Item -LiteralPath (Join-Path $root $name) -Destination $folder -Recurse
    }
    $null = Test-ModuleManifest -Path (Join-Path $folder 'BorgRepo.psd1')
    Compress-Folder -Path (Split-Path $folder) -Destination $zip
    $hash = (Get-FileHash -LiteralPath $zip -Algorithm SHA256).Hash.ToLowerInvariant()
    Set-Content -LiteralPath "$zip.sha256" -Value "$hash  $(Split-Path $zip -Leaf)"
    Write-Host "$zip`n$hash"
}

# The same files give the same bytes: sorted names, one fixed time (the earliest a zip can hold).
function Compress-Folder([string] $Path, [string] $Destination) {
    $time = [DateTimeOffset]::new(1980, 1, 1, 0, 0, 0, [TimeSpan]::Zero)
    $archive = [IO.Compression.ZipFile]::Open($Destination, 'Create')
    try {
        $base = Split-Path $Path
        $names = Get-ChildItem -LiteralPath $Path -Recurse -File |
            ForEach-Object { [IO.Path]::GetRelativePath($base, $_.FullName).Replace('\', '/') }
        [Array]::Sort($names, [StringComparer]::Ordinal)
        foreach ($name in $names) {
            $entry = $archive.CreateEntry($name, 'Optimal')
            $entry.LastWriteTime = $time
            $stream = $entry.Open()
            try {
                $stream.Write([IO.File]::ReadAllBytes((Join-Path $base $name)))
            } finally {
                $stream.Dispose()
            }
        }
    } finally {
        $archive.Dispose()
    }
}

switch ($Task) {
    'Build' { Invoke-Build }
    'Help' { Invoke-Build; Invoke-Help }
    'Lint' { Invoke-Lint }
    'Test' { Invoke-Test }
    'Demo' { Invoke-Demo }
    'Package' { Invoke-Package }
    'Bench' { Write-Host 'There are no benchmarks yet: this task measures nothing so far.' }
    'Soak' { Write-Host 'There is no long-running test yet: this task tests nothing so far.' }
    'Clean' {
        Write-Step 'Clean'
        Remove-Output $bin, $out, (Join-Path $root 'en-US')
        foreach ($project in Get-ChildItem -Path (Join-Path $root 'src'), (Join-Path $root 'tests') -Recurse -Filter '*.csproj') {
            Remove-Output (Join-Path $project.DirectoryName 'bin'), (Join-Path $project.DirectoryName 'obj')
        }
    }
}
