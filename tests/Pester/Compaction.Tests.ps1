#Requires -Version 7.6

# Compress-BorgSegments: the plan, what it frees, what it refuses; and the format of borg 1.0.

BeforeDiscovery {
    $vectors = 'overwrites-deletes', 'many-objects', 'hints-v1', 'hints-missing', 'index-missing', 'borg-1.0.13-none', 'borg-1.2.4-none', 'borg-1.4.5-repokey', 'uncommitted-tail', 'commit-in-data' |
        ForEach-Object { @{ Vector = $_ } }
}

BeforeAll {
    . (Join-Path $PSScriptRoot 'Fixture.ps1')
    . (Join-Path $PSScriptRoot 'Vectors.ps1')

    function Get-SegmentBytes([string] $Path) {
        (Get-ChildItem -LiteralPath (Join-Path $Path 'data') -Recurse -File | Where-Object Name -Match '^\d+$' | Measure-Object Length -Sum).Sum
    }

    # The index of a repository made anew from its log holds the same objects: nothing that was removed came back.
    function Assert-SameAfterRebuild([string] $Path) {
        $before = Get-ObjectHash $Path
        Remove-Item -Path (Join-Path $Path 'index.*'), (Join-Path $Path 'hints.*'), (Join-Path $Path 'integrity.*')
        Get-ObjectHash $Path | Should -Be $before
    }
}

Describe 'A compaction' {
    It 'frees exactly what its plan says, and keeps all objects: <Vector>' -ForEach $vectors {
        $path = Expand-Vector $Vector
        $null = Get-BorgRepository $path -WarningAction SilentlyContinue
        $objects = Get-ObjectHash $path
        $before = Get-TreeState $path
        $plan = Get-Plan "Compress-BorgSegments '$path' -WhatIf"
        Get-TreeState $path | Should -Be $before
        $plan | Should -BeOfType BorgRepo.BorgCompactionResult
        $plan.IsPlan | Should -BeTrue

        $done = Compress-BorgSegments $path -WarningAction SilentlyContinue
        $done.IsPlan | Should -BeFalse
        $done.BytesFreed | Should -Be $plan.BytesFreed
        $done.BytesAfter | Should -Be $plan.BytesAfter
        $done.TransactionId | Should -Be $plan.TransactionId
        Get-SegmentBytes $path | Should -Be $done.BytesAfter
        $done.BytesBefore - $done.BytesAfter | Should -Be $done.BytesFreed
        $done.Segments | ForEach-Object { "$_" } | Should -Be ($plan.Segments | ForEach-Object { "$_" })
        $done.Rewritten + $done.Removed + $done.Kept | Should -Be @($done.Segments).Count
        foreach ($gone in $done.Segments | Where-Object Action -NE Keep) {
            Get-SegmentPath $path $gone.Segment | Should -BeNullOrEmpty
        }
        Get-ObjectHash $path | Should -Be $objects
        (Invoke-BorgRepoCheck $path).Conclusion | Should -Be Sound
        Test-Unlocked $path | Should -BeTrue
    }

    It 'leaves a repository that borg goes on with: <Vector>' -ForEach $vectors {
        $path = Expand-Vector $Vector
        $null = Compress-BorgSegments $path -WarningAction SilentlyContinue
        $null = Invoke-Borg 'check', '--repository-only', $path
        if ($Vector -eq 'borg-1.2.4-none') {
            Invoke-Borg 'list', '--short', $path | Should -Be 'one', 'three'
            $null = Invoke-Borg 'delete', "${path}::one"
            $null = Compress-BorgSegments $path
            $null = Invoke-Borg 'compact', '--threshold', '0', $path
            $null = Invoke-Borg 'check', $path
        }
        Assert-SameAfterRebuild $path
    }

    It 'says of each segment what happens and why' {
        $path = Expand-Vector 'overwrites-deletes'
        $plan = Get-Plan "Compress-BorgSegments '$path' -WhatIf"
        $plan.Segments[0] | Should -BeOfType BorgRepo.BorgCompactedSegment
        $plan.Segments | ForEach-Object { "$($_.Segment) $($_.Action) $($_.Reason)" } | Should -Be @(
            '0 Rewrite Sparse', '1 Rewrite Sparse', '2 Rewrite Sparse', '3 Remove Sparse', '4 Remove Sparse', '5 Remove EmptyCommit',
            '6 Rewrite Sparse', '7 Rewrite Sparse', '8 Keep BelowThreshold', '9 Remove Sparse', '10 Remove EmptyCommit',
            '11 Rewrite Sparse', '12 Remove EmptyCommit')
        $plan.Segments[0].FileBytes | Should -Be 644
        $plan.Segments[0].CopiedBytes | Should -Be 369
        "$plan" | Should -Be 'would free 1887 bytes'
        $done = Compress-BorgSegments $path
        "$done" | Should -Be 'freed 1887 bytes'
        $done.Duration | Should -BeGreaterThan ([timespan]::Zero)
    }

    It 'has nothing to do the second time, and then writes no segment' {
        $path = Expand-Vector 'many-objects'
        $null = Compress-BorgSegments $path
        $content = Get-TreeState (Join-Path $path 'data')
        $again = Compress-BorgSegments $path
        $again.BytesFreed | Should -Be 0
        $again.Rewritten + $again.Removed | Should -Be 0
        Get-TreeState (Join-Path $path 'data') | Should -Be $content
    }

    It 'heeds the threshold' {
        $path = Expand-Vector 'overwrites-deletes'
        $all = Get-Plan "Compress-BorgSegments '$path' -Threshold 0 -WhatIf"
        $some = Get-Plan "Compress-BorgSegments '$path' -Threshold 40 -WhatIf"
        $none = Get-Plan "Compress-BorgSegments '$path' -Threshold 100 -WhatIf"
        $all.BytesFreed | Should -BeGreaterThan $some.BytesFreed
        $some.BytesFreed | Should -BeGreaterThan 0
        $none.BytesFreed | Should -Be 0
        foreach ($wrong in -1, 101, [double]::NaN) {
            { Compress-BorgSegments $path -Threshold $wrong } | Should -Throw -ErrorId 'ParameterArgumentValidationError*'
        }
    }

    It 'removes segments that hold only an old COMMIT, whatever hints say of them' {
        $path = New-TestRepository
        0..4 | ForEach-Object { $null = Set-BorgObject $path (Get-Id "b$_") (Get-Bytes 'x') }
        Remove-Item -Path (Join-Path $path 'hints.*'), (Join-Path $path 'integrity.*')
        $done = Compress-BorgSegments $path -RemoveEmptyCommits -WarningAction SilentlyContinue
        @($done.Segments | Where-Object Reason -EQ EmptyCommit).Count | Should -BeGreaterOrEqual 5
        @(Get-BorgSegment $path | Where-Object { $_.Puts + $_.Deletes -eq 0 }).Count | Should -Be 1
        Get-ObjectText $path | Should -HaveCount 8
    }

    It 'measures all segments with -All' {
        $path = Expand-Vector 'overwrites-deletes'
        $done = Compress-BorgSegments $path -All
        $done.BytesFreed | Should -BeGreaterThan 1887
        (Get-BorgSegment $path | Measure-Object LiveBytes -Sum).Sum / (Get-SegmentBytes $path) | Should -BeGreaterThan 0.9
        Assert-SameAfterRebuild $path
    }

    It 'never touches a damaged segment, and says so' {
        $path = Expand-Vector 'flip-data'
        $lost = Get-SegmentPath $path 11
        $content = [IO.File]::ReadAllBytes($lost)
        $done = Compress-BorgSegments $path -Threshold 0 -WarningVariable said -WarningAction SilentlyContinue
        $kept = $done.Segments | Where-Object Segment -EQ 11
        $kept.Action | Should -Be Keep
        $kept.Reason | Should -Be Damaged
        $kept.Detail | Should -Match 'checksum mismatch'
        "$said" | Should -Match 'segment 11 is not compacted. Check the repository'
        [IO.File]::ReadAllBytes($lost) | Should -Be $content
    }

    It 'is refused for an append-only repository, before anybody is asked, with the reason: <Options.Keys> <Options.Values>' -ForEach @(
        @{ Options = @{} }
        @{ Options = @{ WhatIf = $true } }
        @{ Options = @{ Confirm = $true } }
    ) {
        $path = Expand-Vector 'append-only'
        $before = Get-TreeState $path
        $problem = Get-ErrorOf { Compress-BorgSegments $path @Options }
        Get-ShortId $problem | Should -Be AppendOnlyRefused
        $problem.CategoryInfo.Category | Should -Be PermissionDenied
        "$problem" | Should -Match 'earlier transactions unreachable'
        Get-TreeState $path | Should -Be $before
    }

    It 'warns, in the plan too, that the ways back end when append-only was switched off' {
        $path = Expand-Vector 'append-only'
        Set-BorgRepository $path -AppendOnly:$false | Out-Null
        $shell = New-Shell "Compress-BorgSegments '$path' -WhatIf"
        $null = $shell.Invoke()
        "$($shell.Streams.Warning.ReadAll())" | Should -Match 'was append-only once.*no going back'
        $shell.Dispose()
        $null = Compress-BorgSegments $path -WarningVariable said -WarningAction SilentlyContinue
        "$said" | Should -Match 'no going back'
        $null = Compress-BorgSegments $path -WarningVariable said
        $said | Should -BeNullOrEmpty
    }

    It 'goes on with the next repository after an error' {
        $good = Expand-Vector 'compacted'
        $done = Compress-BorgSegments -Path (Join-Path $TestDrive 'nothing'), (Expand-Vector 'append-only'), $good -ErrorVariable problem -ErrorAction SilentlyContinue
        $done.RepositoryPath | Should -Be $good
        $problem | ForEach-Object { Get-ShortId $_ } | Should -Be RepositoryNotFound, AppendOnlyRefused
    }

    It 'has a name in the singular too' {
        (Compress-BorgSegment (Expand-Vector 'many-objects')).BytesFreed | Should -BeGreaterThan 0
    }
}

Describe 'A compaction in an open session' {
    It 'needs a session for writing, its plan does not' {
        $path = Expand-Vector 'many-objects'
        foreach ($options in @{ ReadOnly = $true }, @{ NoLock = $true }) {
            $session = Open-BorgRepository $path @options
            (Get-Plan 'Compress-BorgSegments $session -WhatIf' @{ session = $session }).BytesFreed | Should -BeGreaterThan 0
            Get-ShortId (Get-ErrorOf { Compress-BorgSegments $session }) | Should -Be InvalidTransactionState
            $session.Dispose()
        }
        $session = Open-BorgRepository $path
        (Compress-BorgSegments $session).BytesFreed | Should -BeGreaterThan 0
        @(Get-BorgObject $session -Content).Count | Should -Be (Get-BorgRepository $session).Objects
        $session.Dispose()
    }

    It 'is refused in a transaction' {
        $session = Open-BorgRepository (Expand-Vector 'many-objects')
        $null = Set-BorgObject $session (Get-Id 'aa') (Get-Bytes 'x')
        Get-ShortId (Get-ErrorOf { Compress-BorgSegments $session }) | Should -Be InvalidTransactionState
        Get-ShortId (Get-ErrorOf { Get-Plan 'Compress-BorgSegments $session -WhatIf' @{ session = $session } }) | Should -Be InvalidTransactionState
        $session.InTransaction | Should -BeTrue
        $null = Complete-BorgTransaction $session
        (Compress-BorgSegments $session).BytesFreed | Should -BeGreaterThan 0
        $session.Dispose()
    }

    It 'writes as the session was opened' {
        $path = Expand-Vector 'many-objects'
        $session = Open-BorgRepository $path
        Get-ShortId (Get-ErrorOf { Compress-BorgSegments $session -WriteFormat Borg10 }) | Should -Be InvalidParameterCombination
        (Compress-BorgSegments $session -WriteFormat Borg14).IsPlan | Should -BeFalse
        $session.Dispose()
    }
}

Describe 'The format of borg 1.0' {
    It 'is that of a new repository and of a session, if asked for' {
        $path = Join-Path (New-TestFolder) 'repo'
        $info = New-BorgRepository $path -WriteFormat Borg10
        $info.MaxSegmentSize | Should -Be 5MB
        $info.SegmentsPerDirectory | Should -Be 10000
        $info.WrittenBy | Should -Be 'borg 1.0'
        $session = Open-BorgRepository $path -WriteFormat Borg10
        $session.WriteFormat | Should -Be Borg10
        '01', '02', '03' | ForEach-Object { $null = Set-BorgObject $session (Get-Id $_) ([byte[]]::new(1000)) }
        $null = Complete-BorgTransaction $session
        # The COMMIT ends the data segment; there is no integrity file.
        (Get-ChildItem -LiteralPath $path).Name | Where-Object { $_ -match '\.\d+$' } | Should -Be 'hints.0', 'index.0'
        $segments = @(Get-BorgSegment $session)
        $segments | Should -HaveCount 1
        $segments[0].Commits | Should -Be 1
        # Each commit compacts all that is marked.
        $null = Remove-BorgObject $session (Get-Id '01')
        $null = Complete-BorgTransaction $session -SaveSpace
        @(Get-BorgSegment $session).Segment | Should -Not -Contain 0
        $session.Dispose()
        (Invoke-BorgRepoCheck $path).Conclusion | Should -Be Sound
        $null = Invoke-Borg 'check', '--repository-only', $path
    }

    It 'is not the default' {
        $session = Open-BorgRepository (New-TestRepository)
        $session.WriteFormat | Should -Be Borg14
        $session.Dispose()
    }

    It 'can be compacted in, by path, and a stale integrity file goes' {
        $path = Expand-Vector 'overwrites-deletes'
        $plan = Get-Plan "Compress-BorgSegments '$path' -WriteFormat Borg10 -SaveSpace -WhatIf"
        $done = Compress-BorgSegments $path -WriteFormat Borg10 -SaveSpace
        $done.BytesFreed | Should -Be $plan.BytesFreed
        Get-ChildItem -Path (Join-Path $path 'integrity.*') | Should -BeNullOrEmpty
        (Invoke-BorgRepoCheck $path).Conclusion | Should -Be Sound
        Assert-SameAfterRebuild $path
        $null = Invoke-Borg 'check', '--repository-only', $path
    }
}

Describe 'Stopping a compaction' {
    It 'takes less than a second and loses nothing' {
        $path = Join-Path (New-TestFolder) 'repo'
        $null = New-BorgRepository $path -MaxSegmentSize 200KB
        $code = @'
while ($true) {
    $null = 0..199 | ForEach-Object { [pscustomobject]@{ Id = '{0:x64}' -f $_; Value = [byte[]]::new(20000) } } | Set-BorgObject $path
    $signal.Set()
    $null = Compress-BorgSegments $path -Threshold 0
}
'@
        $signal = [Threading.ManualResetEventSlim]::new()
        Assert-StopsSoon $code { $signal.IsSet } @{ path = $path; signal = $signal }
        Test-Unlocked $path | Should -BeTrue
        @(Get-ObjectHash $path) | Should -HaveCount 200
        (Invoke-BorgRepoCheck $path | Where-Object Severity -EQ Error) | Should -BeNullOrEmpty
        Assert-SameAfterRebuild $path
        $null = Invoke-Borg 'check', '--repository-only', $path
    }
}
