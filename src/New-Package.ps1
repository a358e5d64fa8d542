#Requires -Version 7.6
<#
.SYNOPSIS
Makes what is published of bin and en-US: the module as a folder, as a zip and as a package for a gallery, the server as a
zip, and the sum of each.
.DESCRIPTION
The same files give the same bytes, wherever and whenever: names are sorted, times are fixed. Called by build.ps1.
#>
[CmdletBinding()]
param(
    [Parameter(Mandatory)]
    [string] $OutputFolder
)

$ErrorActionPreference = 'Stop'
$PSNativeCommandUseErrorActionPreference = $true
Set-StrictMode -Version 3

$root = Split-Path $PSScriptRoot
$version = (Import-PowerShellDataFile -LiteralPath (Join-Path $root 'BorgRepo.psd1')).ModuleVersion
# The earliest that a zip can hold.
$time = [DateTimeOffset]::new(1980, 1, 1, 0, 0, 0, [TimeSpan]::Zero)

# What the changelog says of this version, or, before there is one, of what is to become it.
function Get-ReleaseNote {
    $text = [IO.File]::ReadAllText((Join-Path $root 'CHANGELOG.md')).ReplaceLineEndings("`n")
    foreach ($heading in [regex]::Escape("[$version]"), '\[Unreleased\]') {
        if ($text -match "(?s)\n## $heading[^\n]*\n(.*?)(?=\n## |\z)") {
            return $Matches[1].Trim()
        }
    }
    throw "CHANGELOG.md has nothing about $version."
}

# The manifest with the notes, which the gallery shows. Nothing else differs from the one in the checkout.
function Get-Manifest {
    $text = [IO.File]::ReadAllText((Join-Path $root 'BorgRepo.psd1')).ReplaceLineEndings("`n")
    $notes = (Get-ReleaseNote).Replace("'", "''")
    $place = [regex]::Match($text, '(?m)^ +Tags = ')
    if (-not $place.Success) {
        throw 'BorgRepo.psd1 has no Tags, in front of which the release notes go.'
    }
    $text.Insert($place.Index, "            ReleaseNotes = '$notes'`n")
}

function New-EmptyFolder([string] $Path) {
    if (Test-Path -LiteralPath $Path) {
        Remove-Item -LiteralPath $Path -Recurse -Force
    }
    $null = New-Item -ItemType Directory -Path $Path
}

# Entries is an ordered table from names to bytes or files.
function Write-Zip([Collections.IDictionary] $Entries, [string] $Destination) {
    $names = [string[]]@($Entries.Keys)
    [Array]::Sort($names, [StringComparer]::Ordinal)
    if (Test-Path -LiteralPath $Destination) {
        Remove-Item -LiteralPath $Destination
    }
    $archive = [IO.Compression.ZipFile]::Open($Destination, 'Create')
    try {
        foreach ($name in $names) {
            $content = $Entries[$name]
            $entry = $archive.CreateEntry($name, 'Optimal')
            $entry.LastWriteTime = $time
            $entry.ExternalAttributes = 0
            if ($content -is [IO.FileInfo]) {
                if (-not $IsWindows -and $content.UnixFileMode.HasFlag([IO.UnixFileMode]::UserExecute)) {
                    $entry.ExternalAttributes = [Convert]::ToInt32('100755', 8) -shl 16
                }
                $content = [IO.File]::ReadAllBytes($content.FullName)
            }
            $stream = $entry.Open()
            try {
                $stream.Write($content)
            } finally {
                $stream.Dispose()
            }
        }
    } finally {
        $archive.Dispose()
    }
    Write-Checksum $Destination
}

function Get-FolderEntry([string] $Path, [string] $Base) {
    $entries = @{}
    foreach ($file in Get-ChildItem -LiteralPath $Path -Recurse -File) {
        $entries[[IO.Path]::GetRelativePath($Base, $file.FullName).Replace('\', '/')] = $file
    }
    $entries
}

function Write-Checksum([string] $File) {
    $hash = (Get-FileHash -LiteralPath $File -Algorithm SHA256).Hash.ToLowerInvariant()
    [IO.File]::WriteAllText("$File.sha256", "$hash  $(Split-Path $File -Leaf)`n")
    Write-Host "$File`n$hash"
}

# What is in the package that is not ours; the contract that the module is compiled against is not in it. The tool writes the time into it, which is the only thing that changes.
function Write-BillOfMaterials([string] $Destination) {
    Push-Location -LiteralPath $root
    try {
        $null = dotnet dotnet-CycloneDX (Join-Path $root 'src/BorgRepo/BorgRepo.csproj') --output (Split-Path $Destination) --filename (Split-Path $Destination -Leaf) --output-format Json --spec-version 1.6 --exclude-dev --exclude-filter PowerShellStandard.Library --disable-package-restore --no-serial-number --set-name BorgRepo --set-version $version --set-type Library
    } finally {
        Pop-Location
    }
    $text = [IO.File]::ReadAllText($Destination).ReplaceLineEndings("`n") -replace '(?m)^\s*"timestamp": "[^"]*",\n'
    [IO.File]::WriteAllText($Destination, $text)
}

# PowerShell's own packer knows what a gallery wants. It puts the time, its host, random names and a random order into the
# result: these are set to what they always are.
function Write-GalleryPackage([string] $Folder) {
    $made = Join-Path $OutputFolder 'made'
    New-EmptyFolder $made
    # Some packers look up what a module requires; this one requires nothing.
    $package = Compress-PSResource -Path $Folder -DestinationPath $made -SkipModuleManifestValidate -PassThru
    $entries = @{}
    $archive = [IO.Compression.ZipFile]::OpenRead($package.FullName)
    try {
        foreach ($entry in $archive.Entries) {
            $stream = $entry.Open()
            $bytes = [IO.MemoryStream]::new()
            $stream.CopyTo($bytes)
            $stream.Dispose()
            $entries[$entry.FullName] = $bytes.ToArray()
        }
    } finally {
        $archive.Dispose()
    }
    $core = @($entries.Keys | Where-Object { $_ -match '\.psmdcp$' })[0]
    $fixed = 'package/services/metadata/core-properties/core.psmdcp'
    $text = [Text.Encoding]::UTF8.GetString($entries[$core]) -replace '<lastModifiedBy>.*?</lastModifiedBy>', '<lastModifiedBy>BorgRepo</lastModifiedBy>'
    $relations = [Text.Encoding]::UTF8.GetString($entries['_rels/.rels']).Replace($core, $fixed)
    $script:relation = 0
    $relations = [regex]::Replace($relations, '(?<=\bId=")\w+', { "R$(++$script:relation)" })
    $types = [regex]::Replace(
        [Text.Encoding]::UTF8.GetString($entries['[Content_Types].xml']),
        '(?s)(?<=<Types[^>]*>).*(?=</Types>)',
        { "`n" + (($args[0].Value -split '\r?\n' | Where-Object { $_.Trim() } | Sort-Object -Culture '') -join "`n") + "`n" })
    $entries['[Content_Types].xml'] = [Text.Encoding]::UTF8.GetBytes($types)
    $entries.Remove($core)
    $entries[$fixed] = [Text.Encoding]::UTF8.GetBytes($text)
    $entries['_rels/.rels'] = [Text.Encoding]::UTF8.GetBytes($relations)
    Write-Zip $entries (Join-Path $OutputFolder $package.Name)
    Remove-Item -LiteralPath $made -Recurse
}

$folder = Join-Path $OutputFolder "BorgRepo/$version"
New-EmptyFolder $folder
foreach ($name in 'bin', 'en-US', 'LICENSE', 'README.md', 'CHANGELOG.md', 'docs/third-party-notices.md') {
    Copy-Item -LiteralPath (Join-Path $root $name) -Destination $folder -Recurse
}
[IO.File]::WriteAllText((Join-Path $folder 'BorgRepo.psd1'), (Get-Manifest))
Write-BillOfMaterials (Join-Path $folder 'BorgRepo.cdx.json')

# The module runs everywhere, the program where it was built.
$program = Join-Path $OutputFolder "borgrepo-serve-$version-$([Runtime.InteropServices.RuntimeInformation]::RuntimeIdentifier)"
New-EmptyFolder $program
Move-Item -Path (Join-Path $folder 'bin/borgrepo-serve*') -Destination $program
Copy-Item -LiteralPath (Join-Path $root 'LICENSE'), (Join-Path $root 'docs/third-party-notices.md') -Destination $program

$null = Test-ModuleManifest -Path (Join-Path $folder 'BorgRepo.psd1')
Write-Zip (Get-FolderEntry (Split-Path $folder) $OutputFolder) (Join-Path $OutputFolder "BorgRepo-$version.zip")
Write-Zip (Get-FolderEntry $program $OutputFolder) "$program.zip"
Write-GalleryPackage $folder
