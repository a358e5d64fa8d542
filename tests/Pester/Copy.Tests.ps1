#Requires -Version 7.6

# Copy-BorgRepository and Compare-BorgRepository as a user meets them. What an interruption at any point leaves is proven in
# the engine's tests (Copying/CopyCrashTests).

BeforeAll {
    . (Join-Path $PSScriptRoot 'Fixture.ps1')
    . (Join-Path $PSScriptRoot 'Vectors.ps1')

    function Get-CopyPath {
        Join-Path (New-TestFolder) 'copy'
    }

    # A repository with a value large enough to be interrupted in the middle.
    function New-LargeRepository([int] $Megabytes) {
        $path = New-TestRepository -Options @{ MaxSegmentSize = 1MB }
        $random = [Random]::new(4711)
        $null = 1..$Megabytes | ForEach-Object {
            $value = [byte[]]::new(1MB)
            $random.NextBytes($value)
            [pscustomobject]@{ Id = 'c{0:x63}' -f $_; Value = $value }
        } | Set-BorgObject -LiteralPath $path
        $path
    }

    # The two are the same repository with the same objects, and the copy has nothing wrong with it.
    function Assert-SameRepository([string] $Path, [string] $Copy) {
        (Get-BorgRepository $Copy).Id | Should -Be (Get-BorgRepository $Path).Id
        (Get-BorgRepository $Copy).TransactionId | Should -Be (Get-BorgRepository $Path).TransactionId
        Get-ObjectHash $Copy | Should -Be (Get-ObjectHash $Path)
        Get-Finding $Copy | Where-Object Severity -NE Information | Should -BeNullOrEmpty
        Test-Unlocked $Path | Should -BeTrue
        Test-Unlocked $Copy | Should -BeTrue
        Get-ChildItem -LiteralPath $Copy -Recurse -Filter '*.tmp' | Should -BeNullOrEmpty
    }
}

Describe 'Copy-BorgRepository' {
    It 'makes a copy that is the repository, and says what it did' {
        $path = New-TestRepository
        Set-BorgRepositoryKey $path 'key text'
        $copy = Get-CopyPath
        $result = Copy-BorgRepository $path $copy
        $result | Should -BeOfType BorgRepo.BorgCopyResult
        $result.IsNew | Should -BeTrue
        $result.IsPlan | Should -BeFalse
        $result.RepositoryPath | Should -Be $path
        $result.Destination | Should -Be $copy
        $result.TransactionBefore | Should -BeNullOrEmpty
        $result.TransactionId | Should -Be (Get-BorgRepository $path).TransactionId
        $result.Objects | Should -Be 3
        $result.SegmentsCopied | Should -Be (Get-BorgRepository $path).Segments
        $result.BytesCopied | Should -Be (Get-BorgSegment $path | Measure-Object FileBytes -Sum).Sum
        $result.Segments.Action | Sort-Object -Unique | Should -Be 'Add'
        Get-BorgRepositoryKey $copy | Should -Be 'key text'
        Assert-SameRepository $path $copy
    }

    It 'copies a repository of real borg: <_>' -ForEach 'borg-1.4.5-none', 'overwrites-deletes', 'fresh-empty', 'append-only', 'default-layout' {
        $path = Expand-Vector $_
        $copy = Get-CopyPath
        $null = Copy-BorgRepository $path $copy
        Get-ObjectHash $copy | Should -Be (Get-ObjectHash $path)
        (Get-BorgRepository $copy).AppendOnly | Should -Be (Get-BorgRepository $path).AppendOnly
        Compare-BorgRepository $path $copy -CompareContent | Should -BeNullOrEmpty
    }

    It 'makes a copy that real borg checks and reads' {
        $path = Expand-Vector 'borg-1.4.5-none'
        $copy = Get-CopyPath
        $null = Copy-BorgRepository $path $copy
        $null = Invoke-Borg 'check', $copy
        Invoke-Borg 'list', '--short', $copy | Should -Be (Invoke-Borg 'list', '--short', $path)
    }

    It 'copies nothing the second time, and writes no segment, index or config' {
        $path = New-TestRepository
        $copy = Get-CopyPath
        $null = Copy-BorgRepository $path $copy
        $before = Get-TreeState (Join-Path $copy 'data')
        $content = Get-TreeState $copy -ContentOnly
        $result = Copy-BorgRepository $path $copy
        $result.IsNew | Should -BeFalse
        $result.SegmentsCopied | Should -Be 0
        $result.Segments | Should -BeNullOrEmpty
        $result.SegmentsKept | Should -Be (Get-BorgRepository $path).Segments
        Get-TreeState (Join-Path $copy 'data') | Should -Be $before
        Get-TreeState $copy -ContentOnly | Should -Be $content
    }

    It 'copies only what is new, and what a writer of the source did in between' {
        $path = New-TestRepository
        $copy = Get-CopyPath
        $first = Copy-BorgRepository $path $copy
        $null = Set-BorgObject $path (Get-Id '0a') (Get-Bytes 'new')
        $null = Remove-BorgObject $path (Get-Id '01')
        $result = Copy-BorgRepository $path $copy
        $result.TransactionBefore | Should -Be $first.TransactionId
        $result.SegmentsKept | Should -Be $first.SegmentsCopied
        $result.SegmentsCopied | Should -Be ((Get-BorgRepository $path).Segments - $first.SegmentsCopied)
        Get-ObjectText $copy | Should -Be '02=object 02', '03=object 03', '0a=new'
        Assert-SameRepository $path $copy
    }

    It 'sets aside what the source compacted away, or removes it with -Mirror' {
        $path = New-TestRepository
        $kept = Get-CopyPath
        $mirror = Get-CopyPath
        $null = Copy-BorgRepository $path $kept
        $null = Copy-BorgRepository $path $mirror
        $null = Remove-BorgObject $path (Get-Id '01')
        $null = Compress-BorgSegments $path -All
        $result = Copy-BorgRepository $path $kept
        $result.SegmentsSetAside | Should -BeGreaterThan 0
        $result.SegmentsRemoved | Should -Be 0
        @(Get-ChildItem -LiteralPath (Join-Path $kept 'data') -Recurse -Filter '*.superseded').Count | Should -Be $result.SegmentsSetAside
        Assert-SameRepository $path $kept
        $result = Copy-BorgRepository $path $mirror -Mirror
        $result.SegmentsRemoved | Should -BeGreaterThan 0
        $result.SegmentsSetAside | Should -Be 0
        Get-ChildItem -LiteralPath (Join-Path $mirror 'data') -Recurse -File | ForEach-Object Name | Sort-Object |
            Should -Be (Get-ChildItem -LiteralPath (Join-Path $path 'data') -Recurse -File | ForEach-Object Name | Sort-Object)
        Assert-SameRepository $path $mirror
    }

    It 'gives the plan with -WhatIf, which comes true, and writes nothing' {
        $path = New-TestRepository
        $copy = Get-CopyPath
        $state = Get-TreeState (Split-Path $path)
        $plan = Get-Plan 'Copy-BorgRepository $path $copy -WhatIf' @{ path = $path; copy = $copy }
        $plan.IsPlan | Should -BeTrue
        Test-Path -LiteralPath $copy | Should -BeFalse
        Get-TreeState (Split-Path $path) | Should -Be $state
        $result = Copy-BorgRepository $path $copy
        $plan.SegmentsCopied | Should -Be $result.SegmentsCopied
        $plan.BytesCopied | Should -Be $result.BytesCopied
        $null = Remove-BorgObject $path (Get-Id '01')
        $null = Compress-BorgSegments $path -All
        $before = Get-TreeState $copy
        $plan = Get-Plan 'Copy-BorgRepository $path $copy -Mirror -WhatIf' @{ path = $path; copy = $copy }
        Get-TreeState $copy | Should -Be $before
        $result = Copy-BorgRepository $path $copy -Mirror
        # What deletes the objects that were compacted away is a segment of the copy's own: made and removed within one run.
        $made = $result.Segments | Where-Object { $_.Action -eq 'Remove' -and $_.Segment -notin $plan.Segments.Segment }
        "$($plan.Segments)" | Should -Be "$($result.Segments | Where-Object { $_ -notin $made })"
    }

    It 'asks before it copies, and does nothing at a no' {
        $path = New-TestRepository
        $copy = Get-CopyPath
        $printed = Invoke-WithAnswers "(Copy-BorgRepository '$path' '$copy' -Confirm).IsNew" 'n'
        ($printed -replace '\s') | Should -Match "Copyto$([regex]::Escape($copy))"
        Test-Path -LiteralPath $copy | Should -BeFalse
    }

    It 'takes repositories from the pipeline, each with a destination of its own' {
        $folder = New-TestFolder
        $from = New-TestFolder
        foreach ($name in 'one', 'two[2]') {
            $null = New-BorgRepository -Path (Join-Path $from $name)
            $null = Set-BorgObject -LiteralPath (Join-Path $from $name) (Get-Id '01') (Get-Bytes $name)
        }
        $results = Get-ChildItem -LiteralPath $from | Copy-BorgRepository -Destination { Join-Path $folder $_.Name }
        $results.Destination | Should -Be (Join-Path $folder 'one'), (Join-Path $folder 'two[2]')
        Get-ObjectText (Join-Path $folder 'two[2]') | Should -Be '01=two[2]'
        (Get-BorgRepository $from -Recurse | Copy-BorgRepository -Destination { Join-Path $folder (Split-Path $_.Path -Leaf) }).SegmentsCopied | Should -Be 0, 0
        # What came out goes in again: it names source and destination.
        ($results | Copy-BorgRepository).SegmentsCopied | Should -Be 0, 0
    }

    It 'copies from an open session, and refuses while that has an open transaction' {
        $path = New-TestRepository
        $copy = Get-CopyPath
        $session = Open-BorgRepository $path
        (Copy-BorgRepository $session $copy).Objects | Should -Be 3
        $null = Set-BorgObject $session (Get-Id '0a') (Get-Bytes 'new')
        $problem = Get-ErrorOf { Copy-BorgRepository $session $copy }
        Get-ShortId $problem | Should -Be 'InvalidTransactionState'
        $null = Complete-BorgTransaction $session
        (Copy-BorgRepository $session $copy).Objects | Should -Be 4
        $session.Dispose()
        Assert-SameRepository $path $copy
    }

    It 'takes no lock of the source with -NoLock, waits for a writer without' {
        $path = New-TestRepository
        $copy = Get-CopyPath
        $writer = Open-BorgRepository $path -Exclusive
        $problem = Get-ErrorOf { Copy-BorgRepository $path $copy -LockWait 0 }
        Get-ShortId $problem | Should -Be 'LockTimeout'
        Test-Path -LiteralPath $copy | Should -BeFalse
        (Copy-BorgRepository $path $copy -NoLock).Objects | Should -Be 3
        $writer.Dispose()
        Assert-SameRepository $path $copy
    }

    It 'waits for whoever uses the copy' {
        $path = New-TestRepository
        $copy = Get-CopyPath
        $null = Copy-BorgRepository $path $copy
        $null = Set-BorgObject $path (Get-Id '0a') (Get-Bytes 'new')
        $reader = Open-BorgRepository $copy -ReadOnly
        $problem = Get-ErrorOf { Copy-BorgRepository $path $copy -LockWait 0 }
        Get-ShortId $problem | Should -Be 'LockTimeout'
        $reader.Dispose()
        $null = Copy-BorgRepository $path $copy
        Assert-SameRepository $path $copy
    }

    It 'goes on where it was interrupted, under a limit of bandwidth' {
        $path = New-LargeRepository 8
        $copy = Get-CopyPath
        $shell = New-Shell 'Copy-BorgRepository $path $copy -BandwidthLimit 2MB' @{ path = $path; copy = $copy }
        $running = $shell.BeginInvoke()
        Wait-Until { (Get-ChildItem -LiteralPath $copy -Recurse -File -ErrorAction Ignore | Where-Object { $_.FullName -match 'data.\d+.\d+$' }).Count -ge 3 } 'three segments'
        $running.IsCompleted | Should -BeFalse -Because '8 MB at 2 MB a second are not copied yet'
        $shell.Stop()
        $shell.Dispose()
        Test-BorgRepository $copy | Should -BeFalse -Because 'a new copy becomes a repository with its last file'
        Test-Unlocked $path | Should -BeTrue
        Test-Unlocked $copy | Should -BeTrue
        $there = @(Get-ChildItem -LiteralPath (Join-Path $copy 'data') -Recurse -File | Where-Object Name -Match '^\d+$')
        (Copy-BorgRepository $path $copy).IsNew | Should -BeTrue
        Assert-SameRepository $path $copy
        if (-not $IsWindows) {
            # Written again, they would be other files.
            Get-Item -LiteralPath $there.FullName | ForEach-Object { $_.UnixStat.Inode } | Should -Be ($there | ForEach-Object { $_.UnixStat.Inode })
        }
    }

    It 'copies a damaged source as it is, with an error, and keeps what is sound in the copy' {
        $path = New-TestRepository
        $copy = Get-CopyPath
        $null = Copy-BorgRepository $path $copy
        $null = Set-BorgObject $path (Get-Id '0a') (Get-Bytes 'new')
        $sound = (Get-FileHash -LiteralPath (Get-SegmentPath $copy 0)).Hash
        Edit-Segment $path 0 55
        Edit-Segment $path 2 -2
        $result = Copy-BorgRepository $path $copy -ErrorAction SilentlyContinue -ErrorVariable problem -WarningAction SilentlyContinue
        Get-ShortId $problem[0] | Should -Be 'CheckNeeded'
        "$($problem[0])" | Should -Match 'Segments 0, 2'
        $result.DamagedInSource | Should -Be 0, 2
        (Get-FileHash -LiteralPath (Get-SegmentPath $copy 0)).Hash | Should -Be $sound
        (Get-FileHash -LiteralPath (Get-SegmentPath $copy 2)).Hash | Should -Be (Get-FileHash -LiteralPath (Get-SegmentPath $path 2)).Hash
    }

    It 'takes over what a repair changed only with -AcceptChanged, and keeps the former' {
        $path = New-TestRepository
        $copy = Get-CopyPath
        $null = Copy-BorgRepository $path $copy
        Edit-Segment $path 0 55
        $null = Invoke-BorgRepoCheck $path -Repair -Confirm:$false -WarningAction SilentlyContinue
        $null = Set-BorgObject $path (Get-Id '0a') (Get-Bytes 'new')
        $before = Get-TreeState $copy -ContentOnly
        $problem = Get-ErrorOf { Copy-BorgRepository $path $copy }
        Get-ShortId $problem | Should -Be 'CopyRefused'
        $problem.ErrorDetails.RecommendedAction | Should -Match 'Compare-BorgRepository'
        Get-TreeState $copy -ContentOnly | Should -Be $before
        # The way that the advice names: only the copy still has the object.
        (Compare-BorgRepository $path $copy | Where-Object Kind -EQ OnlyInDifference).Id | Should -Be (Get-Id '01')
        (Copy-BorgRepository $path $copy -AcceptChanged).SegmentsReplaced | Should -BeGreaterThan 0
        Get-ChildItem -LiteralPath (Join-Path $copy 'data') -Recurse -Filter '*.replaced' | Should -Not -BeNullOrEmpty
        Get-ObjectHash $copy | Should -Be (Get-ObjectHash $path)
    }

    It 'finds and repairs rot in the copy with -CompareContent' {
        $path = New-TestRepository
        $copy = Get-CopyPath
        $null = Copy-BorgRepository $path $copy
        Edit-Segment $copy 0 55
        (Copy-BorgRepository $path $copy).SegmentsCopied | Should -Be 0 -Because 'size and time are as they were'
        (Copy-BorgRepository $path $copy -CompareContent).SegmentsRestored | Should -Be 1
        Assert-SameRepository $path $copy
    }

    It 'takes over a copy of rsync with -Adopt' {
        $path = New-TestRepository
        $copy = Get-CopyPath
        Copy-Item -LiteralPath $path -Destination $copy -Recurse
        $null = Remove-BorgObject $path (Get-Id '01')
        $null = Compress-BorgSegments $path -All
        $problem = Get-ErrorOf { Copy-BorgRepository $path $copy }
        Get-ShortId $problem | Should -Be 'CopyRefused'
        $problem.ErrorDetails.RecommendedAction | Should -Match '-Adopt'
        (Copy-BorgRepository $path $copy -Adopt).SegmentsSetAside | Should -BeGreaterThan 0
        Assert-SameRepository $path $copy
    }
}

Describe 'What a copy refuses' {
    BeforeAll {
        # The destination is as it was, to the byte, and nobody's lock is left.
        function Assert-Refused([string] $Path, [string] $Destination, [string] $ErrorId, [string] $Pattern) {
            $before = Get-TreeState $Destination -ContentOnly
            $problem = Get-ErrorOf { Copy-BorgRepository $Path $Destination }
            Get-ShortId $problem | Should -Be $ErrorId
            "$problem" | Should -Match $Pattern
            Get-TreeState $Destination -ContentOnly | Should -Be $before
            Test-Unlocked $Path | Should -BeTrue
        }
    }

    It 'is another repository' {
        Assert-Refused (New-TestRepository) (New-TestRepository) 'CopyRefused' 'it is the repository [0-9a-f]{64}'
    }

    It 'is a newer state' {
        $path = New-TestRepository
        $copy = Get-CopyPath
        $null = Copy-BorgRepository $path $copy
        $null = Set-BorgObject $copy (Get-Id '0a') (Get-Bytes 'own')
        Assert-Refused $path $copy 'CopyRefused' 'its last transaction is 3, that of the source is 1'
    }

    It 'is a folder with other things in it, and a file' {
        $path = New-TestRepository
        $folder = New-TestFolder
        Set-Content -LiteralPath (Join-Path $folder 'letter.txt') -Value 'x'
        Assert-Refused $path $folder 'CopyRefused' 'neither empty'
        Get-ShortId (Get-ErrorOf { Copy-BorgRepository $path (Join-Path $folder 'letter.txt') }) | Should -Be 'PathExists'
    }

    It 'is the repository itself, or a place in it' {
        $path = New-TestRepository
        Assert-Refused $path $path 'CopyRefused' 'itself'
        Get-ShortId (Get-ErrorOf { Copy-BorgRepository $path (Join-Path $path 'data/copy') }) | Should -Be 'CopyRefused'
    }

    It 'is a place without a folder above, behind a server, or without a name for rclone: <Destination>' -ForEach @(
        @{ Destination = './a/b/c'; Expected = 'ParentPathNotFound' }
        @{ Destination = 'ssh://host/path'; Expected = 'RemoteNotSupported' }
        @{ Destination = 'rclone:path'; Expected = 'InvalidPath' }
        @{ Destination = 'Env:/x'; Expected = 'InvalidPath' }
    ) {
        $path = New-TestRepository
        Push-Location -LiteralPath (New-TestFolder)
        try {
            Get-ShortId (Get-ErrorOf { Copy-BorgRepository $path $Destination }) | Should -Be $Expected
        } finally {
            Pop-Location
        }
    }

    It 'is a source that is none, and the others are copied' {
        $path = New-TestRepository
        $folder = New-TestFolder
        $results = @((New-TestFolder), $path) | Copy-BorgRepository -Destination { Join-Path $folder (Split-Path $_ -Leaf) } -ErrorVariable problem -ErrorAction SilentlyContinue
        Get-ShortId $problem[0] | Should -Be 'InvalidRepository'
        $results.Objects | Should -Be 3
    }

    It 'is more than the disk holds' -Skip:(-not $IsLinux) {
        $path = New-LargeRepository 3
        $folder = New-TestFolder
        $mount = Get-Command -Name mount -CommandType Application -ErrorAction Ignore | Select-Object -First 1
        & ($mount ?? 'false') -t tmpfs -o size=2m tmpfs $folder 2>&1 | Out-Null
        if ($LASTEXITCODE -ne 0) {
            Set-ItResult -Skipped -Because 'a small volume cannot be mounted here'
            return
        }
        try {
            $problem = Get-ErrorOf { Copy-BorgRepository $path (Join-Path $folder 'copy') }
            Get-ShortId $problem | Should -Be 'InsufficientFreeSpace'
            Get-ChildItem -LiteralPath $folder -Recurse -File | Where-Object Name -Match '^\d+$' | Should -BeNullOrEmpty
        } finally {
            & umount $folder
        }
    }
}

Describe 'A copy by rclone' {
    BeforeAll {
        $rclone = Get-Command -Name rclone -CommandType Application -ErrorAction Ignore | Select-Object -First 1
        $started = [Collections.Generic.List[Diagnostics.Process]]::new()
        $settings = 'BORGREPO_RCLONE', 'RCLONE_CONFIG', 'HOME'
        $former = @{}
        foreach ($name in $settings) {
            $former[$name] = [Environment]::GetEnvironmentVariable($name)
        }
        # The user's own remotes are none of the tests' business.
        $env:RCLONE_CONFIG = Join-Path $TestDrive 'rclone.conf'

        function Test-Rclone {
            if (-not $rclone) {
                Set-ItResult -Skipped -Because 'there is no rclone'
            }
            [bool]$rclone
        }

        # A server of rclone on a free port of this computer; gives its port.
        function Start-RcloneServer([string] $Kind, [string] $Folder) {
            $listener = [Net.Sockets.TcpListener]::new([Net.IPAddress]::Loopback, 0)
            $listener.Start()
            $port = $listener.LocalEndpoint.Port
            $listener.Stop()
            $start = [Diagnostics.ProcessStartInfo]::new($rclone.Path)
            $start.RedirectStandardError = $true
            foreach ($argument in 'serve', $Kind, $Folder, '--addr', "127.0.0.1:$port", '--user', 'u', '--pass', 'p') {
                $start.ArgumentList.Add($argument)
            }
            $process = [Diagnostics.Process]::Start($start)
            $process.BeginErrorReadLine()
            $started.Add($process)
            Wait-Until {
                $client = [Net.Sockets.TcpClient]::new()
                try { $client.Connect('127.0.0.1', $port); $true } catch { $false } finally { $client.Dispose() }
            } "rclone serve $Kind"
            $port
        }
    }

    AfterAll {
        foreach ($process in $started) {
            $process.Kill()
            $process.WaitForExit()
            $process.Dispose()
        }
        foreach ($name in $settings) {
            [Environment]::SetEnvironmentVariable($name, $former[$name])
        }
    }

    It 'carries the same copy to a folder: first, next, mirror' {
        if (-not (Test-Rclone)) { return }
        $path = New-TestRepository
        $copy = Get-CopyPath
        $result = Copy-BorgRepository $path "rclone::local:$copy"
        $result.IsNew | Should -BeTrue
        $result.Destination | Should -Be "rclone::local:$copy"
        Assert-SameRepository $path $copy
        $null = Remove-BorgObject $path (Get-Id '01')
        $null = Compress-BorgSegments $path -All
        (Copy-BorgRepository $path "rclone::local:$copy" -Mirror).SegmentsRemoved | Should -BeGreaterThan 0
        Assert-SameRepository $path $copy
        # Both ways lead to the same: the next copy may go either.
        (Copy-BorgRepository $path $copy).SegmentsCopied | Should -Be 0
    }

    It 'carries it to a server, <Kind>' -ForEach @(
        @{ Kind = 'webdav' }
        @{ Kind = 'sftp' }
    ) {
        if (-not (Test-Rclone)) { return }
        $path = New-TestRepository
        $folder = New-TestFolder
        $port = Start-RcloneServer $Kind $folder
        $password = & $rclone.Path obscure p
        $location = $Kind -eq 'webdav' ? "rclone::webdav,url='http://127.0.0.1:$port',vendor=other,user=u,pass=${password}:copy" :
            "rclone::sftp,host=127.0.0.1,port=$port,user=u,pass=${password}:copy"
        (Copy-BorgRepository $path $location).IsNew | Should -BeTrue
        Assert-SameRepository $path (Join-Path $folder 'copy')
        if ($Kind -eq 'sftp') { return }
        $null = Set-BorgObject $path (Get-Id '0a') (Get-Bytes 'new')
        (Copy-BorgRepository $path $location).SegmentsCopied | Should -Be 2
        Assert-SameRepository $path (Join-Path $folder 'copy')
    }

    It 'refuses another repository, and says what rclone said' {
        if (-not (Test-Rclone)) { return }
        $path = New-TestRepository
        $other = New-TestRepository
        $before = Get-TreeState $other -ContentOnly
        Get-ShortId (Get-ErrorOf { Copy-BorgRepository $path "rclone::local:$other" }) | Should -Be 'CopyRefused'
        Get-TreeState $other -ContentOnly | Should -Be $before
        $problem = Get-ErrorOf { Copy-BorgRepository $path 'rclone:no-such-remote:x' }
        Get-ShortId $problem | Should -Be 'RcloneFailed'
        "$problem" | Should -Match 'no-such-remote'
    }

    It 'says what to install where there is no rclone' {
        $env:BORGREPO_RCLONE = Join-Path $TestDrive 'no-rclone'
        try {
            $problem = Get-ErrorOf { Copy-BorgRepository (New-TestRepository) "rclone::local:$(Get-CopyPath)" }
        } finally {
            $env:BORGREPO_RCLONE = $null
        }
        Get-ShortId $problem | Should -Be 'RcloneFailed'
        $problem.CategoryInfo.Category | Should -Be 'ConnectionError'
        "$problem" | Should -Match 'Install rclone'
    }
}

Describe 'Compare-BorgRepository' {
    It 'tells what is only here, only there, different, and with -IncludeEqual what is the same' {
        $path = New-TestRepository '01', '02', '03'
        $other = New-TestRepository '02', '03', '04'
        $null = Set-BorgObject $other (Get-Id '03') (Get-Bytes 'another 3')
        $found = Compare-BorgRepository $path $other | Sort-Object Id
        $found[0] | Should -BeOfType BorgRepo.BorgDifference
        $found.Kind | Should -Be 'OnlyInReference', 'Different', 'OnlyInDifference'
        $found.SideIndicator | Should -Be '<=', '<>', '=>'
        $found.Id | Should -Be (Get-Id '01'), (Get-Id '03'), (Get-Id '04')
        $found[1].ReferenceSize | Should -Be 9
        $found[1].DifferenceSize | Should -Be 9
        $found[0].DifferenceSize | Should -BeNullOrEmpty
        $found.ReferencePath | Sort-Object -Unique | Should -Be $path
        $found.DifferencePath | Sort-Object -Unique | Should -Be $other
        @(Compare-BorgRepository $path $other -IncludeEqual).Count | Should -Be 4
        @(Compare-BorgRepository $path $other -CompareContent -IncludeEqual | Where-Object Kind -EQ Equal).Id | Should -Be (Get-Id '02')
        Test-Unlocked $path | Should -BeTrue
        Test-Unlocked $other | Should -BeTrue
    }

    It 'finds no difference where one is compacted' {
        $path = Expand-Vector 'overwrites-deletes'
        $copy = Get-CopyPath
        $null = Copy-BorgRepository $path $copy
        $null = Compress-BorgSegments $copy -All
        Compare-BorgRepository $path $copy | Should -BeNullOrEmpty
        Compare-BorgRepository $path $copy -CompareContent | Should -BeNullOrEmpty
    }

    It 'sees a damaged value only when contents are compared, and goes on' {
        $path = New-TestRepository
        $copy = Get-CopyPath
        $null = Copy-BorgRepository $path $copy
        Edit-Segment $copy 0 -1
        Compare-BorgRepository $path $copy | Should -BeNullOrEmpty
        $found = Compare-BorgRepository $path $copy -CompareContent -IncludeEqual | Sort-Object Id
        $found.Kind | Should -Be 'Equal', 'Equal', 'Unreadable'
        $found[2].Detail | Should -Match '^difference: .*segment 0'
    }

    It 'names, piped on, the repository that has the object' {
        $path = New-TestRepository '01', '02'
        $other = New-TestRepository '02', '03'
        $null = (Compare-BorgRepository $path $other) | Where-Object SideIndicator -EQ '<=' | Copy-BorgObject -Destination $other
        (Compare-BorgRepository $path $other).SideIndicator | Should -Be '=>'
        (Compare-BorgRepository $path $other) | ForEach-Object { $_ | Get-BorgObject -Content } | ForEach-Object { Get-Text $_.Data } | Should -Be 'object 03'
    }

    It 'takes sessions, objects about repositories, many from the pipeline, and no lock with -NoLock' {
        $path = New-TestRepository
        $other = New-TestRepository '04'
        $session = Open-BorgRepository $path -ReadOnly
        @(Compare-BorgRepository $session $other).Count | Should -Be 4
        @($path, $other | Get-BorgRepository | Compare-BorgRepository -DifferenceRepository (Get-BorgRepository $other)).Count | Should -Be 4
        $session.Dispose()
        $before = Get-TreeState (Split-Path $path)
        @(Compare-BorgRepository $path $other -NoLock).Count | Should -Be 4
        Get-TreeState (Split-Path $path) | Should -Be $before
    }

    It 'gives an error for what is no repository' {
        $path = New-TestRepository
        Get-ShortId (Get-ErrorOf { Compare-BorgRepository $path (New-TestFolder) }) | Should -Be 'InvalidRepository'
        Get-ShortId (Get-ErrorOf { Compare-BorgRepository $path './nothing' }) | Should -Be 'RepositoryNotFound'
        Test-Unlocked $path | Should -BeTrue
    }
}

Describe 'The Tab key' {
    It 'completes parameters and places: <Line>' -ForEach @(
        @{ Line = 'Copy-BorgRepository ./repo -Dest'; Expected = '-Destination' }
        @{ Line = 'Copy-BorgRepository ./repo ./copy -M'; Expected = '-Mirror' }
        @{ Line = 'Copy-BorgRepository ./rep'; Expected = '.*repo' }
        @{ Line = 'Copy-BorgRepository ./repo ./oth'; Expected = '.*other' }
        @{ Line = 'Compare-BorgRepository ./repo ./oth'; Expected = '.*other' }
        @{ Line = 'Compare-BorgRepository ./repo -Diff'; Expected = '-DifferenceRepository' }
    ) {
        $folder = New-TestFolder
        $null = New-Item -ItemType Directory -Path (Join-Path $folder 'repo'), (Join-Path $folder 'other')
        Push-Location -LiteralPath $folder
        try {
            [Management.Automation.CommandCompletion]::CompleteInput($Line, $Line.Length, $null).CompletionMatches.CompletionText | Should -Match "^$Expected$"
        } finally {
            Pop-Location
        }
    }
}

Describe 'What comes out' {
    It 'is shown as table and list within 80 columns: <Name>' -ForEach @(
        @{ Name = 'BorgCopyResult'; Get = { Copy-BorgRepository $path $copy } }
        @{ Name = 'BorgCopiedSegment'; Get = { (Copy-BorgRepository $path (Get-CopyPath)).Segments } }
        @{ Name = 'BorgDifference'; Get = { Compare-BorgRepository $path $copy -IncludeEqual } }
    ) {
        $path = New-TestRepository
        $copy = Get-CopyPath
        $null = Copy-BorgRepository $path $copy
        $items = @(& $Get)
        $items[0].GetType().FullName | Should -Be "BorgRepo.$Name"
        foreach ($view in 'Format-Table', 'Format-List') {
            # The path in a heading is as long as it is.
            $lines = ($items | & $view | Out-String -Width 80) -split '\r?\n' | Where-Object { $_.Trim() }
            $lines | Should -Not -BeNullOrEmpty
            $lines | Where-Object { $_.Length -gt 80 } | Should -BeNullOrEmpty
        }
        ($items[0] | ConvertTo-Json -Depth 4 -WarningVariable said) | Should -Not -Match 'BorgRepository"'
        $said | Should -BeNullOrEmpty
    }
}
