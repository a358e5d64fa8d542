#Requires -Version 7.6

BeforeAll {
    . (Join-Path $PSScriptRoot 'Fixture.ps1')
}

Describe 'New-BorgRepository' {
    It 'makes an empty repository and describes it' {
        $path = Join-Path (New-TestFolder) 'repo'
        $info = New-BorgRepository -Path $path
        $info | Should -BeOfType BorgRepo.BorgRepositoryInfo
        $info.Path | Should -Be $path
        $info.Id | Should -MatchExactly '^[0-9a-f]{64}$'
        $info.Objects | Should -Be 0
        $info.TransactionId | Should -BeNullOrEmpty
        (Get-ChildItem -LiteralPath $path).Name | Sort-Object | Should -Be ('README', 'config', 'data' | Sort-Object)
    }

    It 'takes the settings' {
        $info = New-BorgRepository -Path (Join-Path (New-TestFolder) 'repo') -AppendOnly -StorageQuota 5MB -AdditionalFreeSpace 1MB -MaxSegmentSize 1MB -SegmentsPerDirectory 10
        $info.AppendOnly | Should -BeTrue
        $info.StorageQuota | Should -Be 5MB
        $info.AdditionalFreeSpace | Should -Be 1MB
        $info.MaxSegmentSize | Should -Be 1MB
        $info.SegmentsPerDirectory | Should -Be 10
    }

    It 'makes several from the pipeline, and brackets in a name mean themselves' {
        $folder = New-TestFolder
        $paths = (Join-Path $folder 'a[1]'), (Join-Path $folder 'b')
        ($paths | New-BorgRepository).Path | Should -Be $paths
        Test-BorgRepository -LiteralPath $paths | Should -Be $true, $true
    }

    It 'makes missing folders above it only with -Force' {
        $path = Join-Path (New-TestFolder) 'x/y/repo'
        $problem = Get-ErrorOf { New-BorgRepository -Path $path }
        Get-ShortId $problem | Should -Be 'ParentPathNotFound'
        Test-Path (Split-Path (Split-Path $path)) | Should -BeFalse
        (New-BorgRepository -Path $path -Force).Path | Should -Be $path
    }

    It 'goes on with the other paths after one that is taken' {
        $taken = New-TestRepository
        $free = Join-Path (New-TestFolder) 'repo'
        $made = New-BorgRepository -Path $taken, $free -ErrorVariable problem -ErrorAction SilentlyContinue
        $made.Path | Should -Be $free
        Get-ShortId $problem[0] | Should -Be 'RepositoryExists'
    }
}

Describe 'Get-BorgRepository' {
    It 'describes a repository' {
        $path = New-TestRepository
        Set-BorgRepositoryKey -LiteralPath $path -Key 'key text'
        $info = Get-BorgRepository $path
        $info.Version | Should -Be 1
        $info.Objects | Should -Be 3
        $info.TransactionId | Should -Be 1
        $info.Segments | Should -Be 2
        $info.Bytes | Should -Be (Get-ChildItem -LiteralPath (Join-Path $path 'data') -Recurse -File | Measure-Object Length -Sum).Sum
        $info.QuotaUse | Should -Be (3 * (41 + 'object 01'.Length))
        $info.HasKey | Should -BeTrue
        $info.LockState | Should -Be 'None'
        $info.WrittenBy | Should -BeLike 'borg 1.1*'
        "$info" | Should -Be $path
    }

    It 'changes nothing, not even for a moment' {
        $path = New-TestRepository
        $before = Get-TreeState $path
        $null = Get-BorgRepository $path
        Get-TreeState $path | Should -Be $before
    }

    It 'changes nothing even if the index is lost' {
        $path = New-TestRepository
        Remove-Item -Path (Join-Path $path 'index.*'), (Join-Path $path 'hints.*'), (Join-Path $path 'integrity.*')
        $before = Get-TreeState $path
        (Get-BorgRepository $path -WarningAction SilentlyContinue).Objects | Should -Be 3
        Get-TreeState $path | Should -Be $before
    }

    It 'tells how it is locked, and is not kept out by that' {
        $path = New-TestRepository
        $session = Open-BorgRepository $path -ReadOnly
        (Get-BorgRepository $path).LockState | Should -Be 'Shared'
        Close-BorgRepository $session
        $session = Open-BorgRepository $path -Exclusive
        (Get-BorgRepository $path).LockState | Should -Be 'Exclusive'
        (Get-BorgRepository -Repository $session).Objects | Should -Be 3
        Close-BorgRepository $session
    }

    It 'finds repositories below a folder, in order, and does not look into them' {
        $folder = New-TestFolder
        foreach ($name in 'b', 'a/nested', 'c') {
            $null = New-BorgRepository -Path (Join-Path $folder $name) -Force
        }
        $null = New-Item -ItemType Directory -Path (Join-Path $folder 'empty'), (Join-Path $folder 'c/data/0')
        Copy-Item -LiteralPath (Join-Path $folder 'b/config') -Destination (Join-Path $folder 'c/data/0')
        (Get-BorgRepository $folder -Recurse).Path | ForEach-Object { [IO.Path]::GetRelativePath($folder, $_).Replace('\', '/') } |
            Should -Be 'a/nested', 'b', 'c'
    }

    It 'does not run in circles where a link leads back' -Skip:$IsWindows {
        $folder = New-TestFolder
        $null = New-BorgRepository -Path (Join-Path $folder 'repo')
        $null = New-Item -ItemType SymbolicLink -Path (Join-Path $folder 'loop') -Target $folder
        @(Get-BorgRepository $folder -Recurse).Count | Should -Be 1
    }

    It 'takes wildcards, and passes over what is no repository' {
        $folder = New-TestFolder
        $null = New-BorgRepository -Path (Join-Path $folder 'a1'), (Join-Path $folder 'a2')
        $null = New-Item -ItemType Directory -Path (Join-Path $folder 'a3')
        (Get-BorgRepository (Join-Path $folder 'a*')).Path | Split-Path -Leaf | Should -Be 'a1', 'a2'
        Get-ShortId (Get-ErrorOf { Get-BorgRepository (Join-Path $folder 'z*') }) | Should -Be 'RepositoryNotFound'
    }

    It 'goes on with the other paths after an error' {
        $path = New-TestRepository
        $found = Get-BorgRepository (Join-Path $TestDrive 'nothing'), $path -ErrorVariable problem -ErrorAction SilentlyContinue
        $found.Path | Should -Be $path
        $problem.Count | Should -Be 1
    }

    It 'follows the location of the session' {
        $path = New-TestRepository
        Push-Location (Split-Path $path)
        try {
            (Get-BorgRepository ./repo).Path | Should -Be $path
            (Get-BorgRepository -LiteralPath repo).Path | Should -Be $path
            (Get-BorgRepository -Repository ./repo).Path | Should -Be $path
            Set-Location $path
            (Get-BorgRepository .).Path | Should -Be $path
        } finally {
            Pop-Location
        }
    }

    It 'takes a path through a drive of PowerShell' {
        $path = New-TestRepository
        $null = New-PSDrive -Name BorgTest -PSProvider FileSystem -Root (Split-Path $path)
        (Get-BorgRepository BorgTest:/repo).Path | Should -Be $path
        Remove-PSDrive BorgTest
    }
}

Describe 'Set-BorgRepository' {
    It 'changes what is given and nothing else' {
        $path = New-TestRepository -Options @{ StorageQuota = 1GB }
        $info = Set-BorgRepository $path -AppendOnly -AdditionalFreeSpace 2MB
        $info.AppendOnly | Should -BeTrue
        $info.AdditionalFreeSpace | Should -Be 2MB
        $info.StorageQuota | Should -Be 1GB
        (Set-BorgRepository $path -AppendOnly:$false -StorageQuota 0).AppendOnly | Should -BeFalse
        (Get-BorgRepository $path).StorageQuota | Should -Be 0
        (Get-BorgRepository $path).AdditionalFreeSpace | Should -Be 2MB
    }

    It 'refuses a quota that is exceeded already, unless forced' {
        $path = New-TestRepository
        $before = Get-TreeState $path -ContentOnly
        $problem = Get-ErrorOf { Set-BorgRepository $path -StorageQuota 10 }
        Get-ShortId $problem | Should -Be 'StorageQuotaExceeded'
        $problem.CategoryInfo.Category | Should -Be 'QuotaExceeded'
        Get-TreeState $path -ContentOnly | Should -Be $before
        (Set-BorgRepository $path -StorageQuota 10 -Force).StorageQuota | Should -Be 10
    }

    It 'says so if there is nothing to change' {
        $problem = Get-ErrorOf { Set-BorgRepository (New-TestRepository) }
        Get-ShortId $problem | Should -Be 'InvalidArgument'
    }

    It 'uses an open session' {
        $path = New-TestRepository
        $session = Open-BorgRepository $path -Exclusive
        (Set-BorgRepository -Repository $session -AppendOnly).AppendOnly | Should -BeTrue
        $session.AppendOnly | Should -BeTrue
        Close-BorgRepository $session
    }
}

Describe 'Remove-BorgRepository' {
    It 'destroys the repository' {
        $path = New-TestRepository
        Remove-BorgRepository $path -Confirm:$false | Should -BeNullOrEmpty
        Test-Path -LiteralPath $path | Should -BeFalse
    }

    It 'does nothing if nobody can be asked' {
        $path = New-TestRepository
        $shell = New-Shell "Remove-BorgRepository -LiteralPath '$path'"
        $null = $shell.Invoke()
        $shell.Streams.Error | Should -Not -BeNullOrEmpty
        $shell.Dispose()
        Get-ObjectText $path | Should -HaveCount 3
    }

    It 'refuses an append-only one, and says that with -WhatIf too' {
        $path = New-TestRepository -Options @{ AppendOnly = $true }
        foreach ($code in { Remove-BorgRepository $path -Confirm:$false }, { Remove-BorgRepository $path -WhatIf }) {
            $problem = Get-ErrorOf $code
            Get-ShortId $problem | Should -Be 'AppendOnlyRefused'
            $problem.CategoryInfo.Category | Should -Be 'PermissionDenied'
        }
        Get-ObjectText $path | Should -HaveCount 3
    }

    It 'closes the session that it is given' {
        $path = New-TestRepository
        $session = Open-BorgRepository $path
        Remove-BorgRepository $session -Confirm:$false
        $session.IsOpen | Should -BeFalse
        Test-Path -LiteralPath $path | Should -BeFalse
    }

    It 'takes repositories from the pipeline' {
        $folder = New-TestFolder
        $null = New-BorgRepository -Path (Join-Path $folder 'a'), (Join-Path $folder 'b')
        Get-BorgRepository $folder -Recurse | Remove-BorgRepository -Confirm:$false
        Get-ChildItem -LiteralPath $folder | Should -BeNullOrEmpty
    }
}

Describe 'Test-BorgRepository' {
    It 'tells whether there is a repository' {
        $path = New-TestRepository
        $folder = New-TestFolder
        Test-BorgRepository $path | Should -BeTrue
        Test-BorgRepository $path -Quick | Should -BeTrue
        Test-BorgRepository $folder | Should -BeFalse
        Test-BorgRepository (Join-Path $folder 'nothing') | Should -BeFalse
        Test-BorgRepository (Join-Path $path 'config') | Should -BeFalse
        Test-BorgRepository $path, $folder | Should -Be $true, $false
    }

    It 'tells with -Verbose why not' {
        $messages = Test-BorgRepository (Join-Path $TestDrive 'nothing') -Verbose 4>&1
        $messages | Where-Object { $_ -is [Management.Automation.VerboseRecord] } | Should -Match 'does not exist'
    }

    It 'counts a locked one as one that cannot be opened, unless no lock is wanted' {
        $path = New-TestRepository
        $session = Open-BorgRepository $path -Exclusive
        Test-BorgRepository $path -LockWait 0 | Should -BeFalse
        Test-BorgRepository $path -NoLock | Should -BeTrue
        Test-BorgRepository $path -Quick | Should -BeTrue
        Test-BorgRepository $session | Should -BeTrue
        Close-BorgRepository $session
        Test-BorgRepository $session | Should -BeFalse
        Test-BorgRepository $path | Should -BeTrue
    }

    It 'writes nothing with -NoLock or -Quick' {
        $path = New-TestRepository
        $before = Get-TreeState $path
        $null = Test-BorgRepository $path -NoLock
        $null = Test-BorgRepository $path -Quick
        Get-TreeState $path | Should -Be $before
    }
}

Describe 'The key of a repository' {
    It 'comes back as it was given' {
        $path = New-TestRepository
        Get-BorgRepositoryKey $path | Should -BeNullOrEmpty
        Set-BorgRepositoryKey $path "first line`nsecond line`n" | Should -BeNullOrEmpty
        Get-BorgRepositoryKey $path | Should -Be "first line`nsecond line"
        (Get-BorgRepository $path).HasKey | Should -BeTrue
    }

    It 'is not replaced or removed without -Force where nobody can be asked' {
        $path = New-TestRepository
        Set-BorgRepositoryKey $path 'old key'
        Get-ShortId (Get-ErrorOf { Set-BorgRepositoryKey $path 'new key' }) | Should -Be 'ConfirmationNeeded'
        Get-ShortId (Get-ErrorOf { Set-BorgRepositoryKey $path '' }) | Should -Be 'ConfirmationNeeded'
        Get-BorgRepositoryKey $path | Should -Be 'old key'
        Set-BorgRepositoryKey $path 'old key'
        Set-BorgRepositoryKey $path 'new key' -Force
        Get-BorgRepositoryKey $path | Should -Be 'new key'
        Set-BorgRepositoryKey $path '' -Force
        Get-BorgRepositoryKey $path | Should -BeNullOrEmpty
    }

    It 'is read without a lock with -NoLock' {
        $path = New-TestRepository
        Set-BorgRepositoryKey $path 'key'
        $before = Get-TreeState $path
        Get-BorgRepositoryKey $path -NoLock | Should -Be 'key'
        Get-TreeState $path | Should -Be $before
    }
}
