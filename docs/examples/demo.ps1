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

# Shows the command as one would type it, then runs it.
function Show-Command([string] $Text) {
    Write-Host "`nPS> $Text" -ForegroundColor Yellow
    $printed = . ([scriptblock]::Create($Text)) | Out-String
    if ($printed.Trim()) {
        Write-Host $printed.Trim("`r", "`n")
    }
}

$work = Join-Path ([IO.Path]::GetTempPath()) "borgrepo-demo-$([guid]::NewGuid().ToString('N').Substring(0, 8))"
$null = New-Item -ItemType Directory -Path $work
Push-Location -LiteralPath $work
try {
    Write-Host 'A repository that borg 1.4.5 wrote, two archives in it:'
    Expand-Vector 'borg-1.4.5-none' $work
    Show-Command 'Get-BorgRepository ./repo'
    Show-Command 'Get-BorgObject ./repo -First 5'
    Show-Command 'Get-BorgObject ./repo | Measure-Object -Property Size -Sum -Maximum | Select-Object Count, Sum, Maximum'
    Show-Command '$object = Get-BorgObject ./repo -First 1 -Content; "$($object.Id): $($object.Data.Length) bytes"'

    Write-Host "`nA new repository:"
    Show-Command 'New-BorgRepository ./new'
    Show-Command '$session = Open-BorgRepository ./new -Exclusive'
    Show-Command '1..3 | ForEach-Object { [pscustomobject]@{ Id = "0$_" * 32; Value = [Text.Encoding]::UTF8.GetBytes("object $_") } } | Set-BorgObject -Repository $session'
    Show-Command 'Close-BorgRepository $session'

    Write-Host "`nRead back, from the disk:"
    Show-Command 'Get-BorgObject ./new -Content | ForEach-Object { "$($_.Id.ToString().Substring(0, 8))... = $([Text.Encoding]::UTF8.GetString($_.Data))" }'
    Show-Command 'Copy-BorgObject ./repo -Destination ./new | Measure-Object | Select-Object Count'
    Show-Command 'Get-BorgRepository ./new'

    $wrong = Get-BorgObject ./repo -Content | Where-Object { -not (Test-BorgObject ./new -Id $_.Id) }
    if ($wrong) {
        throw "$(@($wrong).Count) objects were not copied."
    }
    Write-Host "`nAll objects are there. That was the tour; Get-Command -Module BorgRepo shows the rest." -ForegroundColor Green
} finally {
    Pop-Location
    Remove-Item -LiteralPath $work -Recurse -Force
}
