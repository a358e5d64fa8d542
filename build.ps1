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
    # Demo: a short tour. Package: out/BorgRepo/<version> and its zip. Soak: the long forms of the engine's tests.
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
    $version = (Import-PowerShellDataFile -LiteralPath $manifest).ModuleVersion
    $folder = Join-Path $out "BorgRepo/$version"
    $zip = Join-Path $out "BorgRepo-$version.zip"
    Remove-Output $folder, $zip, "$zip.sha256"
    $null = New-Item -ItemType Directory -Path $folder
    foreach ($name in 'BorgRepo.psd1', 'bin', 'en-US', 'LICENSE', 'README.md', 'CHANGELOG.md', 'docs/third-party-notices.md') {
        Copy-Item -LiteralPath (Join-Path $root $name) -Destination $folder -Recurse
    }

    # The module runs everywhere, the program where it was built.
    $system = [Runtime.InteropServices.RuntimeInformation]::RuntimeIdentifier
    $program = Join-Path $out "borgrepo-serve-$version-$system"
    Remove-Output $program, "$program.zip", "$program.zip.sha256"
    $null = New-Item -ItemType Directory -Path $program
    Move-Item -Path (Join-Path $folder 'bin/borgrepo-serve*') -Destination $program
    Copy-Item -LiteralPath (Join-Path $root 'LICENSE'), (Join-Path $root 'docs/third-party-notices.md') -Destination $program

    $null = Test-ModuleManifest -Path (Join-Path $folder 'BorgRepo.psd1')
    Compress-Folder -Path (Split-Path $folder) -Destination $zip
    Write-Checksum $zip
    Compress-Folder -Path $program -Destination "$program.zip"
    Write-Checksum "$program.zip"
}

function Write-Checksum([string] $File) {
    $hash = (Get-FileHash -LiteralPath $File -Algorithm SHA256).Hash.ToLowerInvariant()
    Set-Content -LiteralPath "$File.sha256" -Value "$hash  $(Split-Path $File -Leaf)"
    Write-Host "$File`n$hash"
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
            if (-not $IsWindows -and [IO.File]::GetUnixFileMode((Join-Path $base $name)).HasFlag([IO.UnixFileMode]::UserExecute)) {
                $entry.ExternalAttributes = [Convert]::ToInt32('100755', 8) -shl 16
            }
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
