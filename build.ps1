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
    # Demo: a short tour. Package: out/BorgRepo/<version>, its zip and its nupkg. Soak: the long forms of the engine's tests.
    # Clean: removes what the others made.
    [ValidateSet('Build', 'Help', 'Lint', 'Test', 'Demo', 'Package', 'Bench', 'Soak', 'Clean')]
    [string] $Task = 'Build',

    [ValidateSet('Debug', 'Release')]
    [string] $Configuration = 'Release',

    # For Soak: how long in all, and where chance begins (0: another one each time).
    [ValidateRange(0.1, 100000)]
    [double] $Minutes = 10,

    [ValidateRange(0, 2147483647)]
    [int] $Seed = 0
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
    Invoke-ServerBuild
}

# Each command of a borg client starts a server: see docs/decisions/020-server-program.md for what the two ways cost.
function Invoke-ServerBuild {
    $way = @(if (Test-NativeLinker) {
        '-p:PublishAot=true'
    } else {
        Write-Host 'No C linker: bin/borgrepo-serve needs the .NET runtime and starts more slowly.'
        '-p:PublishReadyToRun=true', '-p:PublishSingleFile=true', '--self-contained', 'false'
    })
    dotnet publish (Join-Path $root 'src/BorgRepo.Serve/BorgRepo.Serve.csproj') --configuration $Configuration --output $bin --use-current-runtime --verbosity quiet --nologo -p:PublishDocumentationFiles=false -p:DebugType=none @way
}

function Test-NativeLinker {
    if ($IsWindows) {
        $finder = Join-Path ${env:ProgramFiles(x86)} 'Microsoft Visual Studio/Installer/vswhere.exe'
        return (Test-Path -LiteralPath $finder) -and
            [bool](& $finder -latest -products '*' -requires Microsoft.VisualStudio.Component.VC.Tools.x86.x64 -property installationPath)
    }
    if ($IsMacOS) {
        # There is always a clang, which may only offer to install the real one.
        $PSNativeCommandUseErrorActionPreference = $false
        $null = xcode-select -p 2>&1
        return $LASTEXITCODE -eq 0
    }
    [bool](Get-Command -Name clang, gcc -CommandType Application -ErrorAction Ignore)
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

function Invoke-Soak {
    $PSNativeCommandUseErrorActionPreference = $false
    $number = $Minutes.ToString([cultureinfo]::InvariantCulture)
    Invoke-Script (Join-Path $root 'tests/Invoke-Soak.ps1') '-Minutes', $number, '-Seed', $Seed
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
    Invoke-Script (Join-Path $root 'src/New-Package.ps1') '-OutputFolder', $out
}

switch ($Task) {
    'Build' { Invoke-Build }
    'Help' { Invoke-Build; Invoke-Help }
    'Lint' { Invoke-Lint }
    'Test' { Invoke-Test }
    'Demo' { Invoke-Demo }
    'Package' { Invoke-Package }
    'Bench' { Invoke-Script (Join-Path $root 'tests/BorgRepo.Benchmarks/Invoke-Benchmark.ps1') }
    'Soak' { Invoke-Soak }
    'Clean' {
        Write-Step 'Clean'
        Remove-Output $bin, $out, (Join-Path $root 'en-US')
        foreach ($project in Get-ChildItem -Path (Join-Path $root 'src'), (Join-Path $root 'tests') -Recurse -Filter '*.csproj') {
            Remove-Output (Join-Path $project.DirectoryName 'bin'), (Join-Path $project.DirectoryName 'obj')
        }
    }
}
