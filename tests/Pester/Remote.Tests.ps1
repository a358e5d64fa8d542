#Requires -Version 7.6

BeforeDiscovery {
    $servers = @(@{ Server = 'ours' })
    if (Get-Command borg -CommandType Application -ErrorAction Ignore) {
        $servers += @{ Server = 'borg' }
    }
}

Describe 'Repositories behind <Server>' -ForEach $servers -Skip:$IsWindows {
    BeforeAll {
        . (Join-Path $PSScriptRoot 'Fixture.ps1')
        $program = $Server -eq 'borg' ? 'borg serve' : "'$(Join-Path $root 'bin/borgrepo-serve')'"
        # Stands in for ssh: drops the host and the name of the remote program, and starts the server here.
        $rsh = "env BORGREPO_SERVE=`"$program`" '$(Join-Path $root 'tests/Peer/rsh-shim')'"
        $env:BORG_RSH = $rsh

        function Get-Location-Of([string] $Path) {
            "ssh://server.invalid$Path"
        }
    }

    AfterAll {
        Remove-Item Env:BORG_RSH -ErrorAction Ignore
    }

    It 'are made, filled, read and destroyed' {
        $path = Join-Path (New-TestFolder) 'repo'
        $location = Get-Location-Of $path
        New-BorgRepository $location | Should -BeNullOrEmpty
        Test-BorgRepository $location | Should -BeTrue
        $stored = '01', '02', '03' | ForEach-Object { [pscustomobject]@{ Id = Get-Id $_; Value = Get-Bytes "object $_" } } | Set-BorgObject -LiteralPath $location
        $stored.Id | Should -Be (Get-Id '01'), (Get-Id '02'), (Get-Id '03')
        $stored.Size | Should -Be 9, 9, 9
        @($stored | Where-Object { $null -ne $_.Segment }).Count | Should -Be 0
        Get-ObjectText $path | Should -Be '01=object 01', '02=object 02', '03=object 03'

        @(Get-BorgObject $location).Id | Sort-Object | Should -Be (Get-Id '01'), (Get-Id '02'), (Get-Id '03')
        @(Get-BorgObject $location -OnDiskOrder -First 2).Count | Should -Be 2
        $one = Get-BorgObject $location -Id '02' -Content
        Get-Text $one.Data | Should -Be 'object 02'
        $one.Size | Should -Be 9
        Test-BorgObject $location -Id (Get-Id '01'), (Get-Id '09') | Should -Be $true, $false

        Get-BorgObject $location -Id (Get-Id '01') | Remove-BorgObject
        Get-ObjectText $path | Should -Be '02=object 02', '03=object 03'
        Remove-BorgRepository $location -Confirm:$false
        Test-Path $path | Should -BeFalse
    }

    It 'are sessions with transactions' {
        $path = New-TestRepository
        $session = Open-BorgRepository (Get-Location-Of $path) -Exclusive
        $session.Path | Should -Be (Get-Location-Of $path)
        $session.Id | Should -Be (Get-BorgRepository $path).Id
        (Get-BorgRepository $path).LockState | Should -Be 'Exclusive'
        $null = Set-BorgObject $session (Get-Id 'aa') (Get-Bytes 'x')
        $session.InTransaction | Should -BeTrue
        (Undo-BorgTransaction $session).State | Should -Be 'RolledBack'
        $null = Set-BorgObject $session (Get-Id 'bb') (Get-Bytes 'y')
        (Complete-BorgTransaction $session).Objects | Should -Be 4
        Close-BorgRepository $session
        $session.IsOpen | Should -BeFalse
        Test-Unlocked $path | Should -BeTrue
        Get-ObjectText $path | Should -Contain 'bb=y'
        Get-ObjectText $path | Should -Not -Contain 'aa=x'
    }

    It 'are copied from and to, and what is there is not sent again' {
        $here = New-TestRepository '01', '02', '03'
        $there = New-TestRepository '03', '04'
        $null = Set-BorgObject (Get-Location-Of $there) (Get-Id '01') (Get-Bytes 'something else')
        @(Copy-BorgObject $here (Get-Location-Of $there)).Count | Should -Be 2
        Get-ObjectText $there | Should -Be '01=object 01', '02=object 02', '03=object 03', '04=object 04'
        Copy-BorgObject $here (Get-Location-Of $there) | Should -BeNullOrEmpty
        @(Copy-BorgObject (Get-Location-Of $there) $here).Id | Should -Be (Get-Id '04')

        $other = New-TestRepository @('0f')
        @(Copy-BorgObject (Get-Location-Of $there) (Get-Location-Of $other) -Id '02', (Get-Id '04')).Count | Should -Be 2
        Get-ObjectText $other | Should -Be '02=object 02', '04=object 04', '0f=object 0f'
    }

    It 'are exported and imported' {
        $path = New-TestRepository
        $folder = New-TestFolder
        @(Export-BorgObject (Get-Location-Of $path) $folder).Count | Should -Be 3
        $other = New-TestRepository @('0f')
        @(Get-ChildItem $folder | Import-BorgObject (Get-Location-Of $other)).Count | Should -Be 3
        (Get-ObjectText $other).Count | Should -Be 4
    }

    It 'keep keys, and are checked and compacted' {
        $path = New-TestRepository
        $location = Get-Location-Of $path
        Set-BorgRepositoryKey $location "key`ntext" -Confirm:$false
        Get-BorgRepositoryKey $location | Should -Be "key`ntext"
        $result = Invoke-BorgRepoCheck $location
        $result.Passed | Should -BeTrue
        $result.Conclusion | Should -Be 'Sound'
        $null = Set-BorgObject $path (Get-Id '01') (Get-Bytes 'new')
        $before = @(Get-BorgSegment $path).Count
        Compress-BorgSegments $location -Threshold 0
        @(Get-BorgSegment $path).Count | Should -BeLessThan $before
        Get-ObjectText $path | Should -Be '01=new', '02=object 02', '03=object 03'
    }

    It 'give the errors of local ones, and one damaged object does not hide the others' {
        $path = New-TestRepository
        $location = Get-Location-Of $path
        Get-ShortId (Get-ErrorOf { Get-BorgObject (Get-Location-Of "$path-none") }) | Should -Be 'RepositoryNotFound'
        Get-ShortId (Get-ErrorOf { Get-BorgObject $location -Id (Get-Id '09') }) | Should -Be 'ObjectNotFound'
        Get-ShortId (Get-ErrorOf { New-BorgRepository $location }) | Should -Be 'RepositoryExists'
        $segment = Join-Path $path 'data/0/0'
        $bytes = [IO.File]::ReadAllBytes($segment)
        $bytes[8 + 41 + 2] = 0
        [IO.File]::WriteAllBytes($segment, $bytes)
        $damage = Get-ErrorOf { Get-BorgObject $location -Content }
        Get-ShortId $damage | Should -Be 'IntegrityError'
        @(Get-BorgObject $location -Content -ErrorAction Ignore).Count | Should -Be 2
        $result = Invoke-BorgRepoCheck $location -WarningVariable warnings -WarningAction SilentlyContinue
        $result.Conclusion | Should -Be 'Damaged'
        "$warnings" | Should -BeLike 'Remote: *'
    }

    It 'do nothing with -WhatIf, but say what is wrong' {
        $path = New-TestRepository
        $location = Get-Location-Of $path
        $before = Get-TreeState $path -ContentOnly
        Set-BorgObject $location (Get-Id '01') (Get-Bytes 'x') -WhatIf
        Copy-BorgObject (New-TestRepository @('07')) $location -WhatIf
        Remove-BorgRepository $location -WhatIf
        Compress-BorgSegments $location -WhatIf
        Get-TreeState $path -ContentOnly | Should -Be $before
        Get-ShortId (Get-ErrorOf { Set-BorgObject "$location-none" (Get-Id '01') (Get-Bytes 'x') -WhatIf }) | Should -Be 'RepositoryNotFound'
    }

    It 'are unlocked' {
        $path = New-TestRepository
        $session = Open-BorgRepository $path -Exclusive
        Unlock-BorgRepository (Get-Location-Of $path) -Confirm:$false
        Get-BorgLock $path | Should -BeNullOrEmpty
        $session.Dispose()
    }

    It 'show no files' {
        $location = Get-Location-Of (New-TestRepository)
        foreach ($code in { Get-BorgSegment $location }, { Get-BorgRepository $location }, { Set-BorgRepository $location -AppendOnly }, { Get-BorgTransaction $location }) {
            Get-ShortId (Get-ErrorOf $code) | Should -Be 'RemoteNotSupported'
        }
    }
}

Describe 'Locations' {
    BeforeAll {
        . (Join-Path $PSScriptRoot 'Fixture.ps1')
    }

    It 'that are none say why: <Location>' -ForEach @(
        @{ Location = 'ssh://host' }
        @{ Location = 'ssh://host:port/repo' }
        @{ Location = 'ssh://-oProxyCommand=x/repo' }
    ) {
        $problem = Get-ErrorOf { Get-BorgObject $Location }
        Get-ShortId $problem | Should -Be 'InvalidPath'
        $problem.Exception.Message | Should -BeLike '*ssh://`[user@]host*'
    }

    It 'that cannot be reached are a connection error with the words of the program' -Skip:$IsWindows {
        $problem = Get-ErrorOf { Get-BorgObject 'ssh://host/repo' -Rsh "sh -c 'echo no way there >&2; exit 255'" -WarningAction SilentlyContinue }
        Get-ShortId $problem | Should -Be 'ConnectionFailed'
        $problem.CategoryInfo.Category | Should -Be 'ConnectionError'
        $problem.Exception.Message | Should -BeLike '*no way there*'
    }

    It 'are reached by the program and the borg that were named' -Skip:$IsWindows {
        $problem = Get-ErrorOf { Get-BorgObject 'ssh://me@host:77/repo' -Rsh "sh -c 'echo `$0 `$@ >&2'" -RemotePath borg9 -WarningAction SilentlyContinue }
        $problem.Exception.Message | Should -BeLike '*-p 77 me@host borg9 serve*'
    }

    It 'stop within a moment when the server hangs' -Skip:$IsWindows {
        # The shell ignores what ssh would be given, and says which process hangs.
        $file = Join-Path $TestDrive 'hanging'
        $shell = New-Shell "Get-BorgObject ssh://host/repo -Rsh `"sh -c 'echo ```$```$ > $file; exec sleep 600'`""
        $running = $shell.BeginInvoke()
        Wait-Until { Get-Content -LiteralPath $file -ErrorAction Ignore } 'the program runs'
        $running.IsCompleted | Should -BeFalse
        $hanging = [int](Get-Content -LiteralPath $file)
        $stop = $shell.BeginStop($null, $null)
        $stop.AsyncWaitHandle.WaitOne(20000) | Should -BeTrue
        $shell.EndStop($stop)
        $running.IsCompleted | Should -BeTrue
        $shell.Dispose()
        Wait-Until { -not (Get-Process -Id $hanging -ErrorAction Ignore) } 'the program is gone'
    }
}
