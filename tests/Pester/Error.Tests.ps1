#Requires -Version 7.6

# Bad input gives an error with a stable id and the right category, changes nothing, and leaves no lock.

BeforeDiscovery {
    # Every cmdlet that opens a repository by path, with what else it needs.
    $openers = @(
        @{ Name = 'Get-BorgRepository'; Rest = @{} }
        @{ Name = 'Set-BorgRepository'; Rest = @{ StorageQuota = 1GB } }
        @{ Name = 'Remove-BorgRepository'; Rest = @{ Confirm = $false } }
        @{ Name = 'Open-BorgRepository'; Rest = @{} }
        @{ Name = 'Get-BorgRepositoryKey'; Rest = @{} }
        @{ Name = 'Set-BorgRepositoryKey'; Rest = @{ Key = 'text' } }
        @{ Name = 'Get-BorgObject'; Rest = @{} }
        @{ Name = 'Set-BorgObject'; Rest = @{ Id = 'aa' * 32; Value = [byte[]]1 } }
        @{ Name = 'Remove-BorgObject'; Rest = @{ Id = '01' * 32 } }
        @{ Name = 'Test-BorgObject'; Rest = @{ Id = '01' * 32 } }
        @{ Name = 'Export-BorgObject'; Rest = @{ Destination = 'TestDrive:/out' } }
        @{ Name = 'Import-BorgObject'; Rest = @{ InFile = 'TestDrive:/' + 'aa' * 32 } }
        @{ Name = 'Copy-BorgObject'; Rest = @{ Destination = 'TestDrive:/target' } }
    )
    $lockReaders = @{ Name = 'Get-BorgLock'; Rest = @{} }, @{ Name = 'Unlock-BorgRepository'; Rest = @{ Confirm = $false } }
    $conditions = @(
        @{ Condition = 'nothing there'; Expected = 'RepositoryNotFound'; Category = 'ObjectNotFound'; Prepare = { param($Path) Remove-Item -LiteralPath $Path -Recurse } }
        @{ Condition = 'a folder without config'; Expected = 'InvalidRepository'; Category = 'InvalidData'; Prepare = { param($Path) Remove-Item -LiteralPath (Join-Path $Path 'config') } }
        @{ Condition = 'a file'; Expected = 'InvalidRepository'; Category = 'InvalidData'; Prepare = { param($Path) Remove-Item -LiteralPath $Path -Recurse; Set-Content -LiteralPath $Path -Value 'text' } }
    )
    $configConditions = @(
        @{ Condition = 'format version 2'; Prepare = { param($Path) Edit-Config $Path 'version = 1' 'version = 2' } }
        @{ Condition = 'no section in the config'; Prepare = { param($Path) Edit-Config $Path '[repository]' '[other]' } }
        @{ Condition = 'an id of ten digits'; Prepare = { param($Path) Edit-Config $Path 'id = .*' 'id = 0123456789' -Regex } }
        @{ Condition = 'text that is no config'; Prepare = { param($Path) Set-Content -LiteralPath (Join-Path $Path 'config') -Value 'garbage' } }
    ) | ForEach-Object { $_ + @{ Expected = 'InvalidRepositoryConfig'; Category = 'InvalidData' } }
    $cases = foreach ($opener in $openers) {
        foreach ($condition in $conditions + $configConditions) { $opener + $condition }
    }
    $cases += foreach ($opener in $lockReaders) {
        foreach ($condition in $conditions) { $opener + $condition }
    }
}

BeforeAll {
    . (Join-Path $PSScriptRoot 'Fixture.ps1')
    Set-Content -LiteralPath (Join-Path $TestDrive (Get-Id 'aa')) -Value 'x'
    $null = New-BorgRepository -Path (Join-Path $TestDrive 'target')

    function Edit-Config([string] $Path, [string] $From, [string] $To, [switch] $Regex) {
        $file = Join-Path $Path 'config'
        $text = [IO.File]::ReadAllText($file)
        [IO.File]::WriteAllText($file, ($Regex ? ($text -replace $From, $To) : $text.Replace($From, $To)))
    }
}

Describe '<Name> on <Condition>' -ForEach $cases {
    It 'gives <Expected> and changes nothing' {
        $path = New-TestRepository
        & $Prepare $path
        $parent = Split-Path $path
        $before = Get-TreeState $parent -ContentOnly
        $problem = @(Get-ErrorOf { & $Name -LiteralPath $path @Rest })
        $problem.Count | Should -Be 1
        $problem[0].FullyQualifiedErrorId | Should -Be "$Expected,BorgRepo.Commands.$($Name -replace '-')Command"
        $problem[0].CategoryInfo.Category | Should -Be $Category
        $problem[0].TargetObject | Should -BeLike "$path*"
        Get-TreeState $parent -ContentOnly | Should -Be $before
        Test-Unlocked $parent | Should -BeTrue
        Test-Path 'TestDrive:/out' | Should -BeFalse
    }
}

Describe 'A closed session' {
    It 'is refused by <Name>' -ForEach ($openers | Where-Object Name -NE 'Open-BorgRepository') {
        $path = New-TestRepository
        $session = Open-BorgRepository $path
        Close-BorgRepository $session
        $before = Get-TreeState $path
        $problem = @(Get-ErrorOf { & $Name -Repository $session @Rest })
        $problem.Count | Should -Be 1
        Get-ShortId $problem[0] | Should -Be 'RepositoryClosed'
        $problem[0].CategoryInfo.Category | Should -Be 'InvalidOperation'
        Get-TreeState $path | Should -Be $before
    }

    It 'is refused by <_>' -ForEach 'Complete-BorgTransaction', 'Undo-BorgTransaction' {
        $session = Open-BorgRepository (New-TestRepository)
        Close-BorgRepository $session
        Get-ShortId (Get-ErrorOf { & $_ $session }) | Should -Be 'RepositoryClosed'
    }

    It 'is refused as a destination' {
        $session = Open-BorgRepository (New-TestRepository)
        Close-BorgRepository $session
        Get-ShortId (Get-ErrorOf { Copy-BorgObject (New-TestRepository) $session }) | Should -Be 'RepositoryClosed'
    }
}

Describe 'A session for reading' {
    It 'refuses <Name>' -ForEach @(
        @{ Name = 'Set-BorgObject'; Rest = @{ Id = 'aa' * 32; Value = [byte[]]1 } }
        @{ Name = 'Remove-BorgObject'; Rest = @{ Id = '01' * 32 } }
        @{ Name = 'Set-BorgRepository'; Rest = @{ AppendOnly = $true } }
        @{ Name = 'Set-BorgRepositoryKey'; Rest = @{ Key = 'x' } }
    ) {
        $path = New-TestRepository
        foreach ($switches in @{ ReadOnly = $true }, @{ NoLock = $true }) {
            $session = Open-BorgRepository $path @switches
            $problem = Get-ErrorOf { & $Name -Repository $session @Rest }
            Close-BorgRepository $session
            Get-ShortId $problem | Should -Be 'InvalidTransactionState'
            $problem.CategoryInfo.Category | Should -Be 'InvalidOperation'
        }
    }
}

Describe 'An id that is none' {
    It 'gives InvalidId: <Form> to <Name>' -ForEach @(
        foreach ($name in 'Get-BorgObject', 'Test-BorgObject', 'Set-BorgObject', 'Remove-BorgObject') {
            @{ Name = $name; Form = '66 digits'; Id = '01' * 33 }
            @{ Name = $name; Form = 'not hex'; Id = 'xy' * 32 }
            @{ Name = $name; Form = '31 bytes'; Id = [byte[]](1..31) }
            @{ Name = $name; Form = '33 bytes'; Id = [byte[]](1..33) }
        }
        @{ Name = 'Set-BorgObject'; Form = '62 digits'; Id = '01' * 31 }
        @{ Name = 'Remove-BorgObject'; Form = '62 digits'; Id = '01' * 31 }
    ) {
        $path = New-TestRepository
        $before = Get-TreeState $path -ContentOnly
        $rest = $Name -like 'Set-*' ? @{ Value = [byte[]]1 } : @{}
        $problem = Get-ErrorOf { & $Name $path -Id $Id @rest }
        Get-ShortId $problem | Should -Be 'InvalidId'
        $problem.CategoryInfo.Category | Should -Be 'InvalidArgument'
        Get-TreeState $path -ContentOnly | Should -Be $before
    }
}

Describe 'A value that is too large' {
    It 'gives ValueTooLarge: <Size> bytes by <Way>' -ForEach @(
        @{ Way = 'Value'; Size = 20971480 }
        @{ Way = 'InFile'; Size = 20971480 }
    ) {
        $path = New-TestRepository
        $before = Get-TreeState $path -ContentOnly
        $value = @{ Value = [byte[]]::new($Size) }
        if ($Way -eq 'InFile') {
            $file = Join-Path (New-TestFolder) 'large'
            [IO.File]::WriteAllBytes($file, $value.Value)
            $value = @{ InFile = $file }
        }
        $problem = Get-ErrorOf { Set-BorgObject $path (Get-Id 'aa') @value }
        Get-ShortId $problem | Should -Be 'ValueTooLarge'
        $problem.CategoryInfo.Category | Should -Be 'InvalidArgument'
        $problem.TargetObject | Should -Be (Get-Id 'aa')
        Get-TreeState $path -ContentOnly | Should -Be $before
        Test-Unlocked $path | Should -BeTrue
    }
}

Describe 'A place that is not in the file system' {
    It 'gives InvalidPath' {
        foreach ($code in { Get-BorgRepository Env:/PATH }, { Get-BorgObject -LiteralPath Env:/PATH }, { New-BorgRepository -Path Env:/x }, { Get-BorgLock NoSuchDrive:/x }, { Get-BorgObject -Repository Env:/PATH }) {
            $problem = Get-ErrorOf $code
            if ("$code" -match '-Repository') {
                $problem | Should -Not -BeNullOrEmpty
            } else {
                Get-ShortId $problem | Should -Be 'InvalidPath'
                $problem.CategoryInfo.Category | Should -Be 'InvalidArgument'
            }
        }
    }
}

Describe 'A repository that exists already' {
    It 'is not made again, nor one inside it, nor where something else is' {
        $path = New-TestRepository
        $before = Get-TreeState $path
        foreach ($case in @($path, 'RepositoryExists'), @((Join-Path $path 'inside'), 'RepositoryExists'), @((Split-Path $path), 'PathExists')) {
            $problem = Get-ErrorOf { New-BorgRepository -Path $case[0] }
            Get-ShortId $problem | Should -Be $case[1]
            $problem.CategoryInfo.Category | Should -Be 'ResourceExists'
        }
        Get-TreeState $path | Should -Be $before
    }
}

Describe 'A repository of attic' {
    It 'gives AtticRepository' {
        $path = New-TestRepository
        $segment = Get-ChildItem -LiteralPath (Join-Path $path 'data/0') | Sort-Object { [int]$_.Name } | Select-Object -Last 1
        [IO.File]::WriteAllBytes($segment.FullName, [Text.Encoding]::ASCII.GetBytes('ATTICSEG'))
        $problem = Get-ErrorOf { Get-BorgObject $path }
        Get-ShortId $problem | Should -Be 'AtticRepository'
        Test-Unlocked $path | Should -BeTrue
    }
}

Describe 'A repository that lost its commits' {
    It 'gives CheckNeeded and stays as it is' {
        $path = New-TestRepository
        Remove-Item -LiteralPath (Join-Path $path 'data/0/1')
        $before = Get-TreeState $path -ContentOnly
        $problem = Get-ErrorOf { Get-BorgObject $path }
        Get-ShortId $problem | Should -Be 'CheckNeeded'
        $problem.CategoryInfo.Category | Should -Be 'InvalidResult'
        Get-TreeState $path -ContentOnly | Should -Be $before
        Test-Unlocked $path | Should -BeTrue
    }
}

Describe 'A folder without the right to write or read' -Skip:$IsWindows {
    BeforeAll {
        # The right of the superuser to do everything has to be given up first; a child process without it does the work.
        $isSuperuser = (& id -u) -eq 0
        $program = [Environment]::ProcessPath
        $arguments = @(if ([IO.Path]::GetFileNameWithoutExtension($program) -eq 'dotnet') { Join-Path $PSHOME 'pwsh.dll' }) + '-NoProfile', '-NonInteractive', '-Command'
        $wrapper = @()
        if ($isSuperuser -and (Get-Command setpriv -CommandType Application -ErrorAction Ignore)) {
            $rights = '-dac_override,-dac_read_search'
            $wrapper = 'setpriv', "--bounding-set=$rights", "--inh-caps=$rights"
        }

        function Invoke-Unprivileged([string] $Code) {
            $script = "Import-Module '$manifestPath'; try { `$e = $Code 2>&1 | Where-Object { `$_ -is [Management.Automation.ErrorRecord] } } catch { `$e = `$_ }; ""`$(`$e.FullyQualifiedErrorId) `$(`$e.CategoryInfo.Category)"""
            $line = @($wrapper) + $program + $arguments + $script
            $first, $others = $line
            & $first @others
        }
    }

    It 'gives PermissionDenied to <Code>' -ForEach @(
        @{ Code = 'Set-BorgObject "{0}" ("aa" * 32) ([byte[]]1)'; Mode = '500'; Expected = 'LockFailed,BorgRepo.Commands.SetBorgObjectCommand' }
        @{ Code = 'Get-BorgObject "{0}"'; Mode = '500'; Expected = 'LockFailed,BorgRepo.Commands.GetBorgObjectCommand' }
        @{ Code = 'New-BorgRepository "{0}/../new"'; Mode = '500'; Expected = 'AccessDenied,BorgRepo.Commands.NewBorgRepositoryCommand' }
        @{ Code = 'Get-BorgObject "{0}"'; Mode = '000'; Expected = 'AccessDenied,BorgRepo.Commands.GetBorgObjectCommand' }
        @{ Code = 'Get-BorgRepository "{0}"'; Mode = '000'; Expected = 'AccessDenied,BorgRepo.Commands.GetBorgRepositoryCommand' }
        @{ Code = 'Export-BorgObject "{1}" "{0}/out"'; Mode = '500'; Expected = 'AccessDenied,BorgRepo.Commands.ExportBorgObjectCommand' }
    ) {
        if ($isSuperuser -and -not $wrapper) {
            Set-ItResult -Skipped -Because 'the superuser may do everything, and there is no setpriv to give that up'
            return
        }
        $path = New-TestRepository
        $other = New-TestRepository
        $before = Get-TreeState $path
        & chmod $Mode $path (Split-Path $path)
        try {
            $printed = Invoke-Unprivileged ($Code -f $path, $other)
        } finally {
            & chmod 700 (Split-Path $path) $path
        }
        $printed | Should -Be "$Expected PermissionDenied"
        Get-TreeState $path | Should -Be $before
        Test-Unlocked $path | Should -BeTrue
        Test-Unlocked $other | Should -BeTrue
    }

    It 'is read with -NoLock if it can be read' {
        if ($isSuperuser -and -not $wrapper) {
            Set-ItResult -Skipped -Because 'the superuser may do everything, and there is no setpriv to give that up'
            return
        }
        $path = New-TestRepository
        & chmod -R a-w $path
        try {
            $program, $others = @($wrapper) + ([Environment]::ProcessPath) + $arguments + "Import-Module '$manifestPath'; (Get-BorgObject '$path' -NoLock).Count"
            & $program @others | Should -Be 3
        } finally {
            & chmod -R u+w $path
        }
    }
}

Describe 'The table of errors' {
    It 'has a line for every error of the engine' {
        $engine = [AppDomain]::CurrentDomain.GetAssemblies() | Where-Object { $_.GetName().Name -eq 'BorgRepo.Core' }
        $base = $engine.GetType('BorgRepo.Core.Errors.BorgRepositoryException')
        $mapping = [BorgRepo.Commands.GetBorgObjectCommand].Assembly.GetType('BorgRepo.Commands.ErrorMapping')
        $convert = $mapping.GetMethod('ToErrorRecord')
        $types = $engine.GetTypes() | Where-Object { -not $_.IsAbstract -and $_.IsSubclassOf($base) }
        $types.Count | Should -BeGreaterThan 20
        foreach ($type in $types) {
            $exception = [Runtime.CompilerServices.RuntimeHelpers]::GetUninitializedObject($type)
            $record = $convert.Invoke($null, @($exception, $null, 'item'))
            $record.FullyQualifiedErrorId | Should -Not -Be 'RepositoryError' -Because $type.Name
            if ($type.Name -ne 'RemoteServerException') {
                $record.CategoryInfo.Category | Should -Not -Be 'NotSpecified' -Because $type.Name
            }
            $record.TargetObject | Should -Not -BeNullOrEmpty -Because $type.Name
        }
    }
}
