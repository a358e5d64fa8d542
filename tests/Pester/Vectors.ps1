#Requires -Version 7.6
# Repositories written by real borg, damage, and real borg itself; dot-sourced after Fixture.ps1.

$env:BORG_HOST_ID = 'fixture-host'

# A fresh copy of one of the repositories in tests/Vectors.
function Expand-Vector([string] $Name) {
    $folder = New-TestFolder
    $file = [IO.File]::OpenRead((Join-Path $root "tests/Vectors/repositories/$Name.tar.gz"))
    $content = [IO.Compression.GZipStream]::new($file, [IO.Compression.CompressionMode]::Decompress)
    try {
        [Formats.Tar.TarFile]::ExtractToDirectory($content, $folder, $false)
    } finally {
        $content.Dispose()
        $file.Dispose()
    }
    Join-Path $folder 'repo'
}

function Get-SegmentPath([string] $Path, [int] $Segment) {
    (Get-ChildItem -LiteralPath (Join-Path $Path 'data') -Recurse -File -Filter $Segment).FullName
}

# Turns one byte of a segment over; a negative offset counts from its end.
function Edit-Segment([string] $Path, [int] $Segment, [int] $Offset) {
    $file = Get-SegmentPath $Path $Segment
    $bytes = [IO.File]::ReadAllBytes($file)
    $at = $Offset -lt 0 ? $bytes.Length + $Offset : $Offset
    $bytes[$at] = $bytes[$at] -bxor 0xff
    [IO.File]::WriteAllBytes($file, $bytes)
}

# Every object that can be read, with the hash of its value.
function Get-ObjectHash([string] $Path) {
    try {
        Get-BorgObject -LiteralPath $Path -Content -NoLock -ErrorAction SilentlyContinue -WarningAction SilentlyContinue |
            ForEach-Object { "$($_.Id) $([Convert]::ToHexString([Security.Cryptography.SHA256]::HashData($_.Data)))" } | Sort-Object
    } catch {
        # Nothing of it can be read before a repair.
    }
}

# The findings of a check without its result.
function Get-Finding([string] $Path) {
    Invoke-BorgRepoCheck -LiteralPath $Path -NoLock -WarningAction SilentlyContinue | Where-Object { $_ -is [BorgRepo.BorgCheckFinding] }
}

# What a script emits; its errors are errors here. In a runspace of its own -WhatIf prints nothing.
function Get-Plan([string] $Script, [hashtable] $Variables = @{}) {
    $shell = New-Shell $Script $Variables
    try {
        $shell.Invoke() | ForEach-Object { $_.PSObject.BaseObject }
        $shell.Streams.Error | ForEach-Object { Write-Error -ErrorRecord $_ }
    } finally {
        $shell.Runspace.Dispose()
        $shell.Dispose()
    }
}

# What the borg command prints about a repository; fails the test if borg does, skips it where there is no borg.
function Invoke-Borg([string[]] $Arguments) {
    $command = Get-Command -Name borg -CommandType Application -ErrorAction Ignore | Select-Object -First 1
    if (-not $command) {
        Set-ItResult -Skipped -Because 'there is no borg command to compare with'
    }
    $settings = @{
        BORG_BASE_DIR = Join-Path $TestDrive 'borg'
        BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK = 'yes'
        BORG_RELOCATED_REPO_ACCESS_IS_OK = 'yes'
    }
    foreach ($name in $settings.Keys) {
        [Environment]::SetEnvironmentVariable($name, $settings[$name])
    }
    try {
        $printed = & $command.Path @Arguments 2>&1 | ForEach-Object { "$_" }
        $LASTEXITCODE | Should -Be 0 -Because "borg $Arguments said: $($printed -join ' ')"
        $printed
    } finally {
        foreach ($name in $settings.Keys) {
            [Environment]::SetEnvironmentVariable($name, $null)
        }
    }
}

# Runs a script text that may ask in a process of its own, with answers typed at its prompts; what it printed.
function Invoke-WithAnswers([string] $Script, [string[]] $Answers) {
    $file = Join-Path (New-TestFolder) 'script.ps1'
    Set-Content -LiteralPath $file -Value "Import-Module '$manifestPath'`n$Script"
    $program = [Environment]::ProcessPath
    $prefix = @(if ([IO.Path]::GetFileNameWithoutExtension($program) -eq 'dotnet') { Join-Path $PSHOME 'pwsh.dll' })
    ($Answers | & $program @prefix -NoProfile -File $file 2>&1 | ForEach-Object { "$_" }) -join "`n"
}

# Starts a script, waits until it is at work, and stops it. A machine that is busy with something else may be late once,
# but not three times.
function Assert-StopsSoon([string] $Script, [scriptblock] $AtWork, [hashtable] $Variables) {
    $fastest = 1..3 | ForEach-Object {
        $shell = New-Shell $Script $Variables
        try {
            $running = $shell.BeginInvoke()
            Wait-Until { (& $AtWork) -or $running.IsCompleted } 'the pipeline to be at work'
            $running.IsCompleted | Should -BeFalse -Because "it has work for long ($($shell.Streams.Error.ReadAll()))"
            $watch = [Diagnostics.Stopwatch]::StartNew()
            $shell.Stop()
            $watch.Elapsed.TotalSeconds
        } finally {
            $shell.Dispose()
        }
    } | Where-Object { $_ -lt 1 } | Select-Object -First 1
    $fastest | Should -Not -BeNullOrEmpty -Because 'a stop takes less than a second'
}
