#Requires -Version 7.6

# Ctrl-C: the pipeline ends soon, the lock is released, and what was not committed is undone.

BeforeAll {
    . (Join-Path $PSScriptRoot 'Fixture.ps1')

    # Starts a script, waits until it is at work, stops it; how long the stop took.
    function Measure-Stop([string] $Script, [scriptblock] $AtWork, [hashtable] $Variables = @{}) {
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
    }

    # A machine that is busy with something else may be late once, but not three times.
    function Assert-Prompt([scriptblock] $Attempt) {
        $seconds = foreach ($i in 1..3) {
            $taken = & $Attempt
            $taken
            if ($taken -lt 1) {
                break
            }
        }
        ($seconds | Measure-Object -Minimum).Minimum | Should -BeLessThan 1
    }
}

Describe 'Stopping' {
    It 'ends the wait for a lock: <Code>' -ForEach @(
        @{ Code = 'Get-BorgObject $path -LockWait -1' }
        @{ Code = 'Set-BorgObject $path ("aa" * 32) ([byte[]]1) -LockWait 600' }
        @{ Code = 'Open-BorgRepository $path -Exclusive -LockWait -1' }
        @{ Code = 'Remove-BorgRepository $path -LockWait 600 -Confirm:$false' }
    ) {
        $path = New-TestRepository
        $session = Open-BorgRepository $path -Exclusive
        $holders = @(Get-BorgLock $path).Count
        Assert-Prompt {
            $started = [datetime]::UtcNow
            Measure-Stop $Code { [datetime]::UtcNow - $started -gt [timespan]::FromSeconds(1) } @{ path = $path }
        }
        @(Get-BorgLock $path).Count | Should -Be $holders
        $session.Dispose()
        Test-Unlocked $path | Should -BeTrue
        Get-ObjectText $path | Should -HaveCount 3
    }

    It 'ends the wait of a session that wants to write where others read' {
        $path = New-TestRepository
        $reader = Open-BorgRepository $path -ReadOnly
        $session = Open-BorgRepository $path -LockWait 600
        Assert-Prompt {
            $started = [datetime]::UtcNow
            Measure-Stop 'Set-BorgObject $session ("aa" * 32) ([byte[]]1)' { [datetime]::UtcNow - $started -gt [timespan]::FromSeconds(1) } @{ session = $session }
        }
        $session.InTransaction | Should -BeFalse
        @(Get-BorgObject $session).Count | Should -Be 3
        $reader.Dispose()
        $null = Set-BorgObject $session (Get-Id 'aa') ([byte[]]1)
        (Complete-BorgTransaction $session).Objects | Should -Be 4
        $session.Dispose()
        Test-Unlocked $path | Should -BeTrue
    }

    It 'undoes what a pipeline has stored so far' {
        $path = New-TestRepository
        $before = Get-TreeState $path -ContentOnly
        $code = '& { $i = 0; while ($true) { [pscustomobject]@{ Id = "{0:x64}" -f $i++; Value = [byte[]]::new(100000) } } } | Set-BorgObject $path'
        Assert-Prompt {
            Measure-Stop $code { (Get-ChildItem -LiteralPath (Join-Path $path 'data') -Recurse -File | Measure-Object Length -Sum).Sum -gt 1MB } @{ path = $path }
        }
        Test-Unlocked $path | Should -BeTrue
        Get-TreeState $path -ContentOnly | Should -Be $before
    }

    It 'removes nothing that is not committed yet' {
        $path = New-TestRepository
        $before = Get-TreeState $path -ContentOnly
        $code = '& { Get-BorgObject $path; $signal.Set(); while ($true) { Start-Sleep -Milliseconds 20 } } | Remove-BorgObject -Path $path'
        Assert-Prompt {
            $signal = [Threading.ManualResetEventSlim]::new()
            Measure-Stop $code { $signal.IsSet } @{ path = $path; signal = $signal }
        }
        Get-TreeState $path -ContentOnly | Should -Be $before
    }

    It 'ends reading and releases the lock' {
        $path = New-TestRepository
        $code = 'while ($true) { Get-BorgObject $path -Content | ForEach-Object { $signal.Set() } }'
        Assert-Prompt {
            $signal = [Threading.ManualResetEventSlim]::new()
            Measure-Stop $code { $signal.IsSet } @{ path = $path; signal = $signal }
        }
        Test-Unlocked $path | Should -BeTrue
    }

    It 'ends a long copy, and the destination is as before' {
        $from = New-TestRepository
        $null = 0..2999 | ForEach-Object { [pscustomobject]@{ Id = '{0:x64}' -f $_; Value = [byte[]]::new(100000) } } | Set-BorgObject $from
        $to = New-TestRepository
        $before = Get-TreeState $to -ContentOnly
        Assert-Prompt {
            Measure-Stop 'Copy-BorgObject $from $to' { Test-Path -LiteralPath (Join-Path $to 'lock.exclusive') } @{ from = $from; to = $to }
        }
        Test-Unlocked $from | Should -BeTrue
        Test-Unlocked $to | Should -BeTrue
        Get-TreeState $to -ContentOnly | Should -Be $before
    }

    It 'ends a long export with whole files only' {
        $from = New-TestRepository
        $null = 0..2999 | ForEach-Object { [pscustomobject]@{ Id = '{0:x64}' -f $_; Value = [byte[]]::new(20000) } } | Set-BorgObject $from
        $folder = New-TestFolder
        Assert-Prompt {
            Get-ChildItem -LiteralPath $folder | Remove-Item
            Measure-Stop 'Export-BorgObject $from $folder' { Get-ChildItem -LiteralPath $folder | Select-Object -First 1 } @{ from = $from; folder = $folder }
        }
        Test-Unlocked $from | Should -BeTrue
        $sizes = Get-ChildItem -LiteralPath $folder | ForEach-Object Length | Sort-Object -Unique
        $sizes | Where-Object { $_ -notin 9, 20000 } | Should -BeNullOrEmpty
        Get-ChildItem -LiteralPath $folder -Filter '*.tmp' | Should -BeNullOrEmpty
    }

    It 'leaves an open session in order' {
        $path = New-TestRepository
        $session = Open-BorgRepository $path -Exclusive
        $code = '& { $i = 0; while ($true) { [pscustomobject]@{ Id = "{0:x64}" -f $i++; Value = [byte[]]::new(1000) } } } | Set-BorgObject $session'
        Assert-Prompt {
            Measure-Stop $code { $session.InTransaction } @{ session = $session }
        }
        $session.InTransaction | Should -BeTrue
        $null = Undo-BorgTransaction $session
        @(Get-BorgObject $session).Count | Should -Be 3
        $session.Dispose()
        Test-Unlocked $path | Should -BeTrue
    }
}
