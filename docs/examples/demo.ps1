#Requires -Version 7.6
<#
.SYNOPSIS
A short tour: looks into a repository that a real borg wrote, then makes one and writes to it.
.DESCRIPTION
Works on copies in a temporary folder, which is removed at the end. Run it with `build.ps1 -Task Demo`.
#>
[CmdletBinding()]
param()

$ErrorActionPreference = 'Stop'
$root = Split-Path (Split-Path $PSScriptRoot)
Import-Module (Join-Path $root 'BorgRepo.psd1')

function Expand-Vector([string] $Name, [string] $Destination) {
    $file = [IO.File]::OpenRead((Join-Path $root "tests/Vectors/repositories/$Name.tar.gz"))
    try {
        $unzipped = [IO.Compression.GZipStream]::new($file, [IO.Compression.CompressionMode]::Decompress)
        [Formats.Tar.TarFile]::ExtractToDirectory($unzipped, $Destination, $false)
    } finally {
        $file.Dispose()
    }
}

# Each line is shown and run as if typed; a line with a # is a headline.
$tour = @'
# A repository that borg 1.4.5 wrote, with two archives in it
Get-BorgRepository ./repo
Get-BorgObject ./repo -First 5
Get-BorgObject ./repo | Measure-Object -Property Size -Sum -Maximum | Select-Object Count, Sum, Maximum
Get-BorgObject ./repo -Id ('00' * 32) -Content | ForEach-Object { "The manifest has $($_.Data.Length) bytes." }

# A new repository: three objects in one transaction, in a session of our own
New-BorgRepository ./new
$session = Open-BorgRepository ./new -Exclusive
1..3 | ForEach-Object { Set-BorgObject $session -Id ("0$_" * 32) -Value ([Text.Encoding]::UTF8.GetBytes("object $_")) }
Get-BorgLock ./new
Complete-BorgTransaction $session
Close-BorgRepository $session

# Read back from the disk, then joined by the objects of the other repository
Get-BorgObject ./new -Content | ForEach-Object { "$($_.Id.Substring(0, 4))... = $([Text.Encoding]::UTF8.GetString($_.Data))" }
$copied = Copy-BorgObject ./repo -Destination ./new; "$($copied.Count) objects copied"
Get-BorgRepository ./new | Format-Table TransactionId, Objects, Segments, Bytes, LockState
'@ -split '\r?\n' | Where-Object { $_ }

$work = Join-Path ([IO.Path]::GetTempPath()) "borgrepo-demo-$([guid]::NewGuid().ToString('N').Substring(0, 8))"
$null = New-Item -ItemType Directory -Path $work
Push-Location -LiteralPath $work
try {
    Expand-Vector 'borg-1.4.5-none' $work
    foreach ($step in $tour) {
        if ($step.StartsWith('# ')) {
            Write-Host "`n$step" -ForegroundColor Cyan
            continue
        }
        Write-Host "`nPS> $step" -ForegroundColor Yellow
        $printed = . ([scriptblock]::Create($step)) | Out-String
        if ($printed.Trim()) {
            Write-Host $printed.Trim("`r", "`n")
        }
    }

    $differing = Get-BorgObject ./repo -Content | Where-Object {
        $copy = Get-BorgObject ./new -Id $_.Id -Content
        -not [Linq.Enumerable]::SequenceEqual($_.Data, $copy.Data)
    }
    if ($differing) {
        throw "$(@($differing).Count) objects differ from their originals."
    }
    Write-Host "`nAll copies equal their originals. That was the tour; Get-Command -Module BorgRepo shows the rest." -ForegroundColor Green
} finally {
    Pop-Location
    Remove-Item -LiteralPath $work -Recurse -Force
}
