#Requires -Version 7.6

BeforeAll {
    . (Join-Path $PSScriptRoot 'Fixture.ps1')
}

Describe 'Open-BorgRepository and Close-BorgRepository' {
    It 'keep a repository open with its lock: <Mode>' -ForEach @(
        @{ Mode = 'ReadWrite'; Switches = @{}; Locked = 'Shared' }
        @{ Mode = 'ReadOnly'; Switches = @{ ReadOnly = $true }; Locked = 'Shared' }
        @{ Mode = 'Exclusive'; Switches = @{ Exclusive = $true }; Locked = 'Exclusive' }
        @{ Mode = 'NoLock'; Switches = @{ NoLock = $true }; Locked = 'None' }
    ) {
        $path = New-TestRepository
        $session = Open-BorgRepository $path @Switches
        $session | Should -BeOfType BorgRepo.BorgRepository
        $session.Path | Should -Be $path
        $session.Id | Should -Be (Get-BorgRepository $path).Id
        $session.Version | Should -Be 1
        $session.IsOpen | Should -BeTrue
        $session.InTransaction | Should -BeFalse
        $session.Mode | Should -Be $Mode
        $session.IsExclusive | Should -Be ($Locked -eq 'Exclusive')
        (Get-BorgRepository $path).LockState | Should -Be $Locked
        @(Get-BorgObject $session).Count | Should -Be 3
        Close-BorgRepository $session | Should -BeNullOrEmpty
        $session.IsOpen | Should -BeFalse
        Test-Unlocked $path | Should -BeTrue
        $session.Path | Should -Be $path -Because 'what it was stays known'
    }

    It 'exchange the shared lock for the exclusive one at the first change' {
        $path = New-TestRepository
        $session = Open-BorgRepository $path
        $null = Set-BorgObject $session (Get-Id 'aa') (Get-Bytes 'x')
        $session.IsExclusive | Should -BeTrue
        $null = Undo-BorgTransaction $session
        $session.IsExclusive | Should -BeTrue
        Close-BorgRepository $session
    }

    It 'write nothing at all with -NoLock' {
        $path = New-TestRepository
        Remove-Item -Path (Join-Path $path 'index.*')
        $before = Get-TreeState $path
        $session = Open-BorgRepository $path -NoLock
        @(Get-BorgObject $session -Content -WarningAction SilentlyContinue).Count | Should -Be 3
        Close-BorgRepository $session
        Get-TreeState $path | Should -Be $before
    }

    It 'take no notice of a second closing, by cmdlet or by Dispose' {
        $session = Open-BorgRepository (New-TestRepository)
        $session.Dispose()
        { $session.Dispose(); $session | Close-BorgRepository } | Should -Not -Throw
    }

    It 'open several and close them through the pipeline' {
        $sessions = (New-TestRepository), (New-TestRepository) | Open-BorgRepository
        $sessions.Count | Should -Be 2
        $sessions | Close-BorgRepository
        $sessions.IsOpen | Should -Be $false, $false
    }

    It 'open what Get-BorgRepository found' {
        $path = New-TestRepository
        $session = Get-BorgRepository $path | Open-BorgRepository
        $session.Path | Should -Be $path
        Close-BorgRepository $session
    }

    It 'refuse to read and write at once' {
        Get-ShortId (Get-ErrorOf { Open-BorgRepository (New-TestRepository) -Exclusive -ReadOnly }) | Should -Be 'InvalidArgument'
    }

    It 'save the index once for many commits, and see all of them' {
        $path = New-TestRepository
        $before = (Get-ChildItem $path -Filter 'index.*').Name
        $session = Open-BorgRepository $path -Exclusive -IndexCheckpointSize 64MB
        foreach ($number in 1..3) {
            $null = Set-BorgObject $session (Get-Id "a$number") (Get-Bytes "value $number")
            Complete-BorgTransaction $session
        }
        (Get-ChildItem $path -Filter 'index.*').Name | Should -Be $before
        Get-Text (Get-BorgObject $path (Get-Id 'a3') -Raw -NoLock -WarningAction SilentlyContinue -WarningVariable told) | Should -Be 'value 3'
        $told | Should -BeLike '*replaying the segments after it*'
        $check = Invoke-BorgRepoCheck -Repository $session -WarningVariable warnings
        $check.WarningCount + $check.ErrorCount + $warnings.Count | Should -Be 0
        $null = Set-BorgObject $session (Get-Id 'a4') (Get-Bytes 'value 4')
        Complete-BorgTransaction $session
        Close-BorgRepository $session
        (Get-ChildItem $path -Filter 'index.*').Name | Should -Not -Be $before
        Test-BorgRepository $path | Should -BeTrue
        (Get-ObjectText $path).Count | Should -Be 7
    }

    It 'refuse to let the index of a server wait, or a negative number of bytes' {
        Get-ShortId (Get-ErrorOf { Open-BorgRepository ssh://host/repo -IndexCheckpointSize 1MB }) | Should -Be 'RemoteNotSupported'
        Get-ShortId (Get-ErrorOf { Open-BorgRepository (New-TestRepository) -IndexCheckpointSize -1 }) | Should -Be 'ParameterArgumentValidationError'
    }

    It 'release the lock if nobody takes the session' {
        $path = New-TestRepository
        Open-BorgRepository $path -Exclusive | Select-Object -First 1 | ForEach-Object { $_.Dispose() }
        Test-Unlocked $path | Should -BeTrue
    }
}

Describe 'The transaction of a session' {
    BeforeEach {
        $path = New-TestRepository
        $session = Open-BorgRepository $path -Exclusive
    }

    AfterEach {
        $session.Dispose()
    }

    It 'is seen by the session, and by others after its commit only' {
        $null = Set-BorgObject $session (Get-Id 'aa') (Get-Bytes 'new')
        Remove-BorgObject $session (Get-Id '01')
        $session.InTransaction | Should -BeTrue
        Get-Text (Get-BorgObject $session (Get-Id 'aa') -Raw) | Should -Be 'new'
        Test-BorgObject $session (Get-Id '01') | Should -BeFalse
        Get-ObjectText $path | Should -Be '01=object 01', '02=object 02', '03=object 03'

        $done = Complete-BorgTransaction $session
        $done | Should -BeOfType BorgRepo.BorgTransaction
        $done.State | Should -Be 'Committed'
        $done.TransactionId | Should -Be (Get-BorgRepository $path).TransactionId
        $done.Objects | Should -Be 3
        $done.Time | Should -BeOfType datetime
        $done.Time.Kind | Should -Be 'Utc'
        $done.RepositoryPath | Should -Be $path
        $session.InTransaction | Should -BeFalse
        $session.IsOpen | Should -BeTrue
        Get-ObjectText $path | Should -Be '02=object 02', '03=object 03', 'aa=new'
    }

    It 'is dropped by Undo-BorgTransaction' {
        Get-BorgObject $session | Remove-BorgObject
        @(Get-BorgObject $session).Count | Should -Be 0
        $undone = Undo-BorgTransaction $session
        $undone.State | Should -Be 'RolledBack'
        $undone.TransactionId | Should -Be 1
        $undone.Objects | Should -Be 3
        @(Get-BorgObject $session).Count | Should -Be 3
        $null = Set-BorgObject $session (Get-Id 'aa') (Get-Bytes 'later')
        (Complete-BorgTransaction $session).Objects | Should -Be 4
    }

    It 'is dropped, with a warning, when the session is closed' {
        $null = Set-BorgObject $session (Get-Id 'aa') (Get-Bytes 'new')
        Close-BorgRepository $session -WarningVariable said -WarningAction SilentlyContinue
        $said | Should -Match 'undone'
        Get-ObjectText $path | Should -HaveCount 3
        (Get-BorgRepository $path).Segments | Should -Be 2
    }

    It 'ends with nothing to say if there is none' {
        Complete-BorgTransaction $session | Should -BeNullOrEmpty
        Undo-BorgTransaction $session | Should -BeNullOrEmpty
        Complete-BorgTransaction $session -Verbose 4>&1 | Should -Match 'no transaction'
    }

    It 'takes changes from several pipelines' {
        1..3 | ForEach-Object { [pscustomobject]@{ Id = Get-Id "a$_"; Value = Get-Bytes "$_" } } | Set-BorgObject $session | Should -HaveCount 3
        Remove-BorgObject $session (Get-Id 'a2')
        (Complete-BorgTransaction $session).Objects | Should -Be 5
    }

    It 'goes on after a value that is too large' {
        $null = Set-BorgObject $session (Get-Id 'aa') (Get-Bytes 'new')
        Get-ShortId (Get-ErrorOf { Set-BorgObject $session (Get-Id 'ab') ([byte[]]::new(20971480)) }) | Should -Be 'ValueTooLarge'
        (Complete-BorgTransaction $session).Objects | Should -Be 4
    }

    It 'survives a pipeline that ends in an error, for the session decides' {
        { [pscustomobject]@{ Id = Get-Id 'aa'; Value = Get-Bytes 'x' }, [pscustomobject]@{ Id = 'bad'; Value = Get-Bytes 'x' } | Set-BorgObject $session } | Should -Throw
        $session.InTransaction | Should -BeTrue
        (Complete-BorgTransaction $session).Objects | Should -Be 4
    }

    It 'can only be undone once the quota is exceeded' {
        $null = Set-BorgRepository $session -StorageQuota 300
        $problem = Get-ErrorOf { Set-BorgObject $session (Get-Id 'aa') ([byte[]]::new(1000)) }
        Get-ShortId $problem | Should -Be 'StorageQuotaExceeded'
        $problem.CategoryInfo.Category | Should -Be 'QuotaExceeded'
        Get-ShortId (Get-ErrorOf { Complete-BorgTransaction $session }) | Should -Be 'StorageQuotaExceeded'
        Get-ObjectText $path | Should -HaveCount 3
    }
}

Describe 'A pipeline into a repository by path' {
    It 'stores nothing if a later item is bad: <Expected>' -ForEach @(
        @{ Bad = @{ Id = '1234'; Value = [byte[]]1 }; Expected = 'InvalidId' }
        @{ Bad = @{ Id = 'ee' * 32; Value = [byte[]]::new(20971480) }; Expected = 'ValueTooLarge' }
        @{ Bad = @{ Id = 'ee' * 32 }; Expected = 'InvalidArgument' }
    ) {
        $path = New-TestRepository
        $before = Get-TreeState $path -ContentOnly
        $items = [pscustomobject]@{ Id = Get-Id 'aa'; Value = Get-Bytes 'x' }, [pscustomobject]$Bad, [pscustomobject]@{ Id = Get-Id 'bb'; Value = Get-Bytes 'x' }
        Get-ShortId (Get-ErrorOf { $items | Set-BorgObject $path }) | Should -Be $Expected
        Get-TreeState $path -ContentOnly | Should -Be $before
    }

    It 'stores nothing if the source of the pipeline fails' {
        $path = New-TestRepository
        $before = Get-TreeState $path -ContentOnly
        {
            & {
                [pscustomobject]@{ Id = Get-Id 'aa'; Value = Get-Bytes 'x' }
                throw 'the source broke'
            } | Set-BorgObject $path
        } | Should -Throw 'the source broke'
        Get-TreeState $path -ContentOnly | Should -Be $before
    }

    It 'stores nothing if something after it fails before the end of the input' {
        $path = New-TestRepository
        $before = Get-TreeState $path -ContentOnly
        $session = Open-BorgRepository (New-TestRepository) -Exclusive
        {
            & {
                [pscustomobject]@{ Id = Get-Id 'aa'; Value = Get-Bytes 'x'; Repository = $session }
                [pscustomobject]@{ Id = Get-Id 'aa'; Value = Get-Bytes 'x'; Repository = $path }
                [pscustomobject]@{ Id = Get-Id 'ab'; Value = Get-Bytes 'x'; Repository = $session }
            } | Set-BorgObject | ForEach-Object { if ($_.Id -like 'ab*') { throw 'what came after broke' } }
        } | Should -Throw 'what came after broke'
        $session.Dispose()
        Get-TreeState $path -ContentOnly | Should -Be $before
    }

    It 'is kept if what comes after wants only the first object: it is given out after the commit' {
        $path = New-TestRepository
        $items = 'aa', 'ab', 'ac' | ForEach-Object { [pscustomobject]@{ Id = Get-Id $_; Value = Get-Bytes 'x' } }
        ($items | Set-BorgObject $path | Select-Object -First 1).Id | Should -Be (Get-Id 'aa')
        Test-BorgObject $path (Get-Id 'aa'), (Get-Id 'ab'), (Get-Id 'ac') | Should -Be $true, $true, $true
    }

    It 'commits what came if the input is cut off by Select-Object -First' {
        $path = New-TestRepository
        $null = 'aa', 'ab', 'ac' | ForEach-Object { [pscustomobject]@{ Id = Get-Id $_; Value = Get-Bytes 'x' } } | Select-Object -First 2 | Set-BorgObject $path
        Test-BorgObject $path (Get-Id 'aa'), (Get-Id 'ab'), (Get-Id 'ac') | Should -Be $true, $true, $false
    }

    It 'is one transaction in each repository that items name' {
        $one = New-TestRepository
        $two = New-TestRepository
        Get-BorgObject $one, $two | Remove-BorgObject
        foreach ($path in $one, $two) {
            Get-ObjectText $path | Should -BeNullOrEmpty
            (Get-BorgRepository $path).TransactionId | Should -Be 3
        }
    }

    It 'leaves a repository that borg finds in order' -Tag Interop {
        if (-not (Get-Command borg -CommandType Application -ErrorAction Ignore)) {
            Set-ItResult -Skipped -Because 'borg is not installed'
            return
        }
        $path = New-TestRepository
        $null = 0..49 | ForEach-Object { [pscustomobject]@{ Id = '{0:x64}' -f $_; Value = [byte[]]::new(1000 * $_) } } | Set-BorgObject $path
        Get-BorgObject $path | Where-Object Size -GT 30000 | Remove-BorgObject
        $env:BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK = 'yes'
        $env:BORG_BASE_DIR = New-TestFolder
        $printed = & borg check --repository-only --verbose $path 2>&1 | ForEach-Object { "$_" }
        $LASTEXITCODE | Should -Be 0 -Because ($printed -join "`n")
        $env:BORG_BASE_DIR = $null
    }
}
