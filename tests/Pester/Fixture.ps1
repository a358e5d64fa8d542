#Requires -Version 7.6
# What the tests of the cmdlets share; dot-sourced in their BeforeAll.

$root = Split-Path (Split-Path $PSScriptRoot)
$manifestPath = Join-Path $root 'BorgRepo.psd1'
Import-Module $manifestPath -ErrorAction Stop

# An id whose 32 bytes are all the same.
function Get-Id([string] $Pair) {
    $Pair * 32
}

function Get-Bytes([string] $Text) {
    , [Text.Encoding]::UTF8.GetBytes($Text)
}

function Get-Text([byte[]] $Bytes) {
    [Text.Encoding]::UTF8.GetString($Bytes)
}

# A new folder below the test drive, its name is not seen anywhere else.
function New-TestFolder([string] $Name = [guid]::NewGuid().ToString('N')) {
    (New-Item -ItemType Directory -Path (Join-Path $TestDrive $Name)).FullName
}

# A repository with one object for each pair of digits; the value says which.
function New-TestRepository([string[]] $Pair = @('01', '02', '03'), [string] $Name = 'repo', [hashtable] $Options = @{}) {
    $path = Join-Path (New-TestFolder) $Name
    $null = New-BorgRepository -Path $path @Options -ErrorAction Stop
    $items = $Pair | ForEach-Object { [pscustomobject]@{ Id = Get-Id $_; Value = Get-Bytes "object $_" } }
    $null = $items | Set-BorgObject -LiteralPath $path -ErrorAction Stop
    $path
}

# One line for each file and folder: name, kind, time of the last write, hash. A lock that came and went leaves its time
# on the folder.
function Get-TreeState([string] $Path, [switch] $ContentOnly) {
    foreach ($item in @(Get-Item -LiteralPath $Path -Force) + @(Get-ChildItem -LiteralPath $Path -Recurse -Force) | Sort-Object FullName) {
        $name = [IO.Path]::GetRelativePath($Path, $item.FullName)
        $time = $ContentOnly ? '' : $item.LastWriteTimeUtc.Ticks
        $hash = $item.PSIsContainer ? 'folder' : (Get-FileHash -LiteralPath $item.FullName -Algorithm SHA256).Hash
        "$name $time $hash"
    }
}

function Get-ObjectText([string] $Path) {
    Get-BorgObject -LiteralPath $Path -Content -NoLock | Sort-Object Id | ForEach-Object { "$($_.Id.Substring(0, 2))=$(Get-Text $_.Data)" }
}

# The error records of some code, terminating or not.
function Get-ErrorOf([scriptblock] $Code) {
    try {
        & $Code 2>&1 | Where-Object { $_ -is [Management.Automation.ErrorRecord] }
    } catch {
        $_
    }
}

# Its id without the class that PowerShell appends.
function Get-ShortId($ErrorRecord) {
    ($ErrorRecord.FullyQualifiedErrorId -split ',')[0]
}

# Nobody holds a lock, and no lock that was being made is left behind.
function Test-Unlocked([string] $Path) {
    -not (Get-ChildItem -LiteralPath $Path -Force -Filter 'lock*')
}

# A pipeline of its own, in a runspace of its own that has the module.
function New-Shell([string] $Script, [hashtable] $Variables = @{}) {
    $state = [Management.Automation.Runspaces.InitialSessionState]::CreateDefault2()
    $state.ImportPSModule($manifestPath)
    foreach ($name in $Variables.Keys) {
        $state.Variables.Add([Management.Automation.Runspaces.SessionStateVariableEntry]::new($name, $Variables[$name], ''))
    }
    [powershell]::Create($state).AddScript($Script)
}

function Wait-Until([scriptblock] $Condition, [string] $Because) {
    $deadline = [datetime]::UtcNow.AddSeconds(30)
    while (-not (& $Condition)) {
        if ([datetime]::UtcNow -gt $deadline) {
            throw "Waited in vain: $Because"
        }
        Start-Sleep -Milliseconds 10
    }
}
