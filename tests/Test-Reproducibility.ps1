#Requires -Version 7.6
<#
.SYNOPSIS
Builds the module's assemblies again from a copy of the source in another folder, and compares them byte by byte with bin.
.DESCRIPTION
Whoever has the source can so tell that a package was made of it. Needs a Release build in bin. The exit code is 1 if a file
differs. The server program is native code of the C linker of the machine; it is not compared.
#>
[CmdletBinding()]
param()

$ErrorActionPreference = 'Stop'
$PSNativeCommandUseErrorActionPreference = $true
Set-StrictMode -Version 3

$root = Split-Path $PSScriptRoot
# Another length of the path too: it must not matter either.
$copy = Join-Path ([IO.Path]::GetTempPath()) "another place $([guid]::NewGuid().ToString('N'))/of the source"
$null = New-Item -ItemType Directory -Path $copy
try {
    foreach ($name in 'BorgRepo.psd1', 'Directory.Build.props', 'Directory.Packages.props', '.editorconfig') {
        Copy-Item -LiteralPath (Join-Path $root $name) -Destination $copy
    }
    foreach ($file in Get-ChildItem -LiteralPath (Join-Path $root 'src') -Recurse -File | Where-Object FullName -NotMatch '[\\/](bin|obj)[\\/]') {
        $target = Join-Path $copy ([IO.Path]::GetRelativePath($root, $file.FullName))
        $null = New-Item -ItemType Directory -Path (Split-Path $target) -Force
        Copy-Item -LiteralPath $file.FullName -Destination $target
    }
    $built = Join-Path $copy 'built'
    dotnet publish (Join-Path $copy 'src/BorgRepo/BorgRepo.csproj') --configuration Release --output $built --verbosity quiet --nologo -p:PublishDocumentationFiles=false

    $different = foreach ($file in Get-ChildItem -LiteralPath (Join-Path $root 'bin') -Recurse -File | Where-Object Name -Match '\.(dll|pdb|ps1xml)$') {
        $again = Join-Path $built $file.Name
        if (-not (Test-Path -LiteralPath $again) -or (Get-FileHash -LiteralPath $again).Hash -ne (Get-FileHash -LiteralPath $file.FullName).Hash) {
            $file.Name
        }
    }
    if ($different) {
        Write-Host "Built again somewhere else, these are different: $($different -join ', ')" -ForegroundColor Red
    } else {
        Write-Host 'Built again somewhere else, the assemblies are the same, byte by byte.'
    }
} finally {
    Remove-Item -LiteralPath (Split-Path $copy) -Recurse -Force
}
exit [int][bool]$different
