#Requires -Version 7.6

BeforeAll {
    . (Join-Path $PSScriptRoot 'Fixture.ps1')

    # The lock of a process on another host, as borg leaves it.
    function Add-ForeignLock([string] $Path, [string] $Name = 'backup.example.org@187723672.4711-0') {
        $null = New-Item -ItemType Directory -Path (Join-Path $Path 'lock.exclusive')
        $null = New-Item -ItemType File -Path (Join-Path $Path 'lock.exclusive' $Name)
    }
}

Describe 'Get-BorgLock' {
    It 'says nothing if nobody holds a lock, and writes nothing' {
        $path = New-TestRepository
        $before = Get-TreeState $path
        Get-BorgLock $path | Should -BeNullOrEmpty
        Get-TreeState $path | Should -Be $before
    }

    It 'names a writer on another host' {
        $path = New-TestRepository
        Add-ForeignLock $path
        $holder = Get-BorgLock $path
        $holder | Should -BeOfType BorgRepo.BorgLock
        $holder.Host | Should -Be 'backup.example.org@187723672'
        $holder.ProcessId | Should -Be 4711
        $holder.Exclusive | Should -BeTrue
        $holder.IsAlive | Should -BeNullOrEmpty
        $holder.Age | Should -BeOfType timespan
        $holder.Age.TotalHours | Should -BeLessThan 1
        $holder.RepositoryPath | Should -Be $path
        "$holder" | Should -Be 'backup.example.org@187723672 process 4711 (exclusive)'
    }

    It 'names the sessions of this process' {
        $path = New-TestRepository
        $first = Open-BorgRepository $path -ReadOnly
        $holder = Get-BorgLock $path
        $holder.ProcessId | Should -Be $PID
        $holder.IsAlive | Should -BeTrue
        $holder.Exclusive | Should -BeFalse
        (Get-BorgLock $first).ProcessId | Should -Be $PID
        Close-BorgRepository $first
    }
}

Describe 'A lock that somebody holds' {
    It 'keeps <Name> out, which says who it is' -ForEach @(
        @{ Name = 'Get-BorgObject'; Rest = @{} }
        @{ Name = 'Set-BorgObject'; Rest = @{ Id = 'aa' * 32; Value = [byte[]]1 } }
        @{ Name = 'Remove-BorgObject'; Rest = @{ Id = '01' * 32 } }
        @{ Name = 'Set-BorgRepository'; Rest = @{ AppendOnly = $true } }
        @{ Name = 'Open-BorgRepository'; Rest = @{} }
        @{ Name = 'Get-BorgRepositoryKey'; Rest = @{} }
        @{ Name = 'Remove-BorgRepository'; Rest = @{ Confirm = $false } }
    ) {
        $path = New-TestRepository
        Add-ForeignLock $path
        $before = Get-TreeState $path -ContentOnly
        $problem = Get-ErrorOf { & $Name $path @Rest -LockWait 0 }
        Get-ShortId $problem | Should -Be 'LockTimeout'
        $problem.CategoryInfo.Category | Should -Be 'ResourceBusy'
        "$problem" | Should -Match 'backup\.example\.org'
        "$problem" | Should -Match '4711'
        $problem.ErrorDetails.RecommendedAction | Should -Match 'Unlock-BorgRepository'
        Get-TreeState $path -ContentOnly | Should -Be $before
    }

    It 'does not keep out what takes no lock' {
        $path = New-TestRepository
        Add-ForeignLock $path
        @(Get-BorgObject $path -NoLock).Count | Should -Be 3
        (Get-BorgRepository $path).LockState | Should -Be 'Exclusive'
        Get-BorgRepositoryKey $path -NoLock | Should -BeNullOrEmpty
    }

    It 'is waited for' {
        $path = New-TestRepository
        Add-ForeignLock $path
        $shell = New-Shell 'Get-BorgObject $path -LockWait 60' @{ path = $path }
        $running = $shell.BeginInvoke()
        Start-Sleep -Milliseconds 300
        $running.IsCompleted | Should -BeFalse
        Remove-Item -LiteralPath (Join-Path $path 'lock.exclusive') -Recurse
        $shell.EndInvoke($running).Count | Should -Be 3
        $shell.Dispose()
    }

    It 'lets readers in beside readers, and no writer' {
        $path = New-TestRepository
        $session = Open-BorgRepository $path -ReadOnly
        @(Get-BorgObject $path).Count | Should -Be 3
        Get-ShortId (Get-ErrorOf { Set-BorgObject $path (Get-Id 'aa') ([byte[]]1) -LockWait 0 }) | Should -Be 'LockTimeout'
        Close-BorgRepository $session
        (Set-BorgObject $path (Get-Id 'aa') ([byte[]]1)).Size | Should -Be 1
    }
}

Describe 'Unlock-BorgRepository' {
    It 'removes the locks and says whose they were' {
        $path = New-TestRepository
        Add-ForeignLock $path
        $removed = Unlock-BorgRepository $path -Confirm:$false
        $removed.ProcessId | Should -Be 4711
        Test-Unlocked $path | Should -BeTrue
        @(Get-BorgObject $path).Count | Should -Be 3
        Unlock-BorgRepository $path -Confirm:$false | Should -BeNullOrEmpty
    }

    It 'takes what Get-BorgLock gives' {
        $path = New-TestRepository
        Add-ForeignLock $path
        Get-BorgLock $path | Unlock-BorgRepository -Confirm:$false | Should -HaveCount 1
        Test-Unlocked $path | Should -BeTrue
    }

    It 'does not remove the lock of a process that lives, unless forced' {
        $path = New-TestRepository
        $session = Open-BorgRepository $path -Exclusive
        $problem = Get-ErrorOf { Unlock-BorgRepository $path -Confirm:$false }
        Get-ShortId $problem | Should -Be 'LockHolderAlive'
        $problem.CategoryInfo.Category | Should -Be 'ResourceBusy'
        @(Get-BorgLock $path).Count | Should -Be 1
        $null = Set-BorgObject $session (Get-Id 'aa') (Get-Bytes 'x')
        Unlock-BorgRepository $path -Confirm:$false -Force | Should -HaveCount 1
        Get-ShortId (Get-ErrorOf { Complete-BorgTransaction $session }) | Should -Be 'LockLost'
        $session.Dispose()
        Get-ObjectText $path | Should -HaveCount 3
    }

    It 'removes what is no lock name it knows' {
        $path = New-TestRepository
        Add-ForeignLock $path 'nobody-can-read-this'
        $null = Unlock-BorgRepository $path -Confirm:$false
        Test-Unlocked $path | Should -BeTrue
    }
}
