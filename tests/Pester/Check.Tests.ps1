#Requires -Version 7.6

# Invoke-BorgRepoCheck: what it finds, what it says, what it writes, and repair.

BeforeDiscovery {
    $kinds = @(
        @{ Vector = 'magic-damaged'; Expected = 'InvalidMagic' }
        @{ Vector = 'truncated-in-header'; Expected = 'ShortHeader', 'ObjectLost', 'HintsUseCountMismatch' }
        @{ Vector = 'size-huge'; Expected = 'SizeTooBig', 'HintsUseCountMismatch' }
        @{ Vector = 'size-between'; Expected = 'SizeTooSmall', 'HintsUseCountMismatch' }
        @{ Vector = 'truncated-in-data'; Expected = 'ShortData', 'ObjectLost', 'HintsUseCountMismatch' }
        @{ Vector = 'flip-data'; Expected = 'ChecksumMismatch', 'HintsUseCountMismatch' }
        @{ Vector = 'flip-key'; Expected = 'ChecksumMismatch', 'ObjectLost', 'HintsUseCountMismatch' }
        @{ Vector = 'tag-put2'; Expected = 'Put2Entry', 'IndexOutdated' }
        @{ Vector = 'zero-length-segment'; Expected = 'EmptySegment', 'ObjectLost', 'HintsDanglingSegment', 'HintsUseCountMismatch' }
        @{ Vector = 'missing-segment'; Expected = 'MissingSegment', 'ObjectLost', 'HintsDanglingSegment' }
        @{ Vector = 'stray-files'; Expected = 'ForeignFile' }
        @{ Vector = 'uncommitted-tail'; Expected = 'UncommittedSegment' }
        @{ Vector = 'missing-last-commit'; Expected = 'MissingCommit' }
        @{ Vector = 'fresh-empty'; Expected = 'NoValidData' }
        @{ Vector = 'index-missing'; Expected = 'IndexMissing' }
        @{ Vector = 'index-garbage'; Expected = 'IndexCorrupt' }
        @{ Vector = 'index-older'; Expected = 'IndexOutdated' }
        @{ Vector = 'index-newer'; Expected = 'IndexTooNew' }
        @{ Vector = 'entry-after-commit'; Expected = 'MissingCommit', 'IndexEntryMissing', 'HintsUseCountMismatch' }
        @{ Vector = 'index-wrong-offset-no-integrity'; Expected = 'IndexEntryMismatch' }
        @{ Vector = 'hints-missing'; Expected = 'HintsMissing' }
        @{ Vector = 'hints-corrupted'; Expected = 'HintsCorrupt' }
        @{ Vector = 'hints-wrong-refcount'; Expected = 'HintsUseCountMismatch' }
        @{ Vector = 'compacted'; Expected = @() }
        @{ Vector = 'borg-1.0.13-repokey'; Expected = @() }
        @{ Vector = 'borg-1.4.5-repokey'; Expected = @() }
    )
    $repairable = 'flip-data', 'flip-key', 'two-damages', 'garbage-between', 'magic-damaged', 'truncated-in-data', 'truncated-in-header',
        'size-huge', 'zero-length-segment', 'missing-segment', 'missing-last-commit', 'uncommitted-only', 'entry-after-commit',
        'index-wrong-offset-no-integrity', 'index-missing', 'all-segments-missing' | ForEach-Object { @{ Vector = $_ } }
}

BeforeAll {
    . (Join-Path $PSScriptRoot 'Fixture.ps1')
    . (Join-Path $PSScriptRoot 'Vectors.ps1')
}

Describe 'A check' {
    It 'says of a sound repository what it read' {
        $result = @(Invoke-BorgRepoCheck (Expand-Vector 'compacted'))
        $result | Should -HaveCount 1
        $result[0] | Should -BeOfType BorgRepo.BorgCheckResult
        $result[0].Conclusion | Should -Be Sound
        $result[0].Passed | Should -BeTrue
        $result[0].TransactionId | Should -Be 21
        $result[0].Segments | Should -Be 8
        $result[0].Entries | Should -Be 30
        $result[0].Objects | Should -Be 24
        $result[0].Bytes | Should -Be 3717
        $result[0].Errors + $result[0].Warnings | Should -Be 0
        $result[0].Duration | Should -BeGreaterThan ([timespan]::Zero)
        $result[0].BytesPerSecond | Should -BeGreaterThan 0
        "$($result[0])" | Should -Be 'Sound'
    }

    It 'finds <Expected> in <Vector>' -ForEach $kinds {
        Get-Finding (Expand-Vector $Vector) | ForEach-Object { "$($_.Kind)" } | Sort-Object -Unique | Should -Be ($Expected | Sort-Object)
    }

    It 'says of each finding what, where and what to do' {
        $path = Expand-Vector 'flip-data'
        $finding, $null, $result = Invoke-BorgRepoCheck $path
        $finding | Should -BeOfType BorgRepo.BorgCheckFinding
        $finding.Kind | Should -Be ([BorgRepo.BorgFindingKind]::ChecksumMismatch)
        $finding.Severity | Should -Be Error
        $finding.Segment | Should -Be 11
        $finding.Offset | Should -Be 308
        $finding.Id | Should -Be $result.LostObjects[0]
        $finding.Message | Should -Match 'segment 11, offset 308.*is lost.*Repair'
        $finding.Repairable | Should -BeTrue
        $finding.RepositoryPath | Should -Be $path
        $result.Conclusion | Should -Be Damaged
        $result.Passed | Should -BeFalse
        $result.Errors | Should -Be 1
        $result.LostObjects | Should -HaveCount 1
    }

    It 'emits each finding when it is made' {
        $first = Invoke-BorgRepoCheck (Expand-Vector 'two-damages') | Select-Object -First 1
        $first.Kind | Should -Be ChecksumMismatch
    }

    It 'finds the newest transaction of borg 1.0 behind its damage' {
        $path = Join-Path (New-TestFolder) 'repo'
        $null = New-BorgRepository $path -WriteFormat Borg10
        foreach ($pair in '01', '02') {
            $session = Open-BorgRepository $path -WriteFormat Borg10
            $null = Set-BorgObject $session (Get-Id $pair) (Get-Bytes 'some value')
            $null = Complete-BorgTransaction $session
            $session.Dispose()
        }
        Edit-Segment $path 1 -20
        Get-Finding $path | ForEach-Object { "$($_.Kind)" } | Should -Contain DamagedCommit
    }

    It 'finds a segment in the wrong folder' {
        $path = Expand-Vector 'compacted'
        $stray = Join-Path $path 'data/77/18'
        $null = New-Item -ItemType Directory -Path (Split-Path $stray)
        Copy-Item -LiteralPath (Get-SegmentPath $path 18) -Destination $stray
        $finding = Get-Finding $path
        $finding.Kind | Should -Be MisplacedSegment
        $finding.Path | Should -Be $stray
        $before = Get-TreeState $path -ContentOnly
        (Invoke-BorgRepoCheck $path -Repair -Confirm:$false)[-1].Conclusion | Should -Be NotRepairable
        Get-TreeState $path -ContentOnly | Should -Be $before
        Remove-Item -LiteralPath (Split-Path $stray) -Recurse
        (Invoke-BorgRepoCheck $path).Conclusion | Should -Be Sound
    }

    It 'writes nothing: <_>' -ForEach 'compacted', 'two-damages', 'uncommitted-tail', 'index-missing', 'missing-last-commit' {
        $path = Expand-Vector $_
        $content = Get-TreeState $path -ContentOnly
        $null = Invoke-BorgRepoCheck $path -WarningAction SilentlyContinue
        Get-TreeState $path -ContentOnly | Should -Be $content
    }

    It 'does not even take a lock with -NoLock: <_>' -ForEach 'compacted', 'two-damages', 'index-garbage', 'config-partial-check' {
        $path = Expand-Vector $_
        $before = Get-TreeState $path
        $null = Invoke-BorgRepoCheck $path -NoLock
        $null = Invoke-BorgRepoCheck $path -NoLock -MaxDuration 100
        Get-TreeState $path | Should -Be $before
    }

    It 'needs the lock, as borg does' {
        $path = New-TestRepository
        $session = Open-BorgRepository $path
        Get-ShortId (Get-ErrorOf { Invoke-BorgRepoCheck $path -LockWait 0 }) | Should -Be LockTimeout
        (Invoke-BorgRepoCheck $path -NoLock).Conclusion | Should -Be Sound
        $session.Dispose()
    }

    It 'goes on with the next repository after one that cannot be opened' {
        $good = New-TestRepository
        $results = Invoke-BorgRepoCheck -Path (Join-Path $TestDrive 'nothing'), $good -ErrorVariable problem -ErrorAction SilentlyContinue
        $results.RepositoryPath | Should -Be $good
        Get-ShortId $problem[0] | Should -Be RepositoryNotFound
    }

    It 'has kinds that are those of the engine, and each is explained in the help' {
        $page = Get-Content -LiteralPath (Join-Path $root 'docs/en-US/Invoke-BorgRepoCheck.md') -Raw
        $core = [Runtime.Loader.AssemblyLoadContext]::All.Assemblies | Where-Object { $_.GetName().Name -eq 'BorgRepo.Core' } | Select-Object -First 1
        foreach ($pair in @(
                @{ Public = [BorgRepo.BorgFindingKind]; Engine = 'BorgRepo.Core.Checking.FindingKind' }
                @{ Public = [BorgRepo.BorgFindingSeverity]; Engine = 'BorgRepo.Core.Checking.FindingSeverity' }
                @{ Public = [BorgRepo.BorgCheckConclusion]; Engine = 'BorgRepo.Core.Checking.CheckConclusion' }
                @{ Public = [BorgRepo.BorgRepairKind]; Engine = 'BorgRepo.Core.Checking.RepairKind' }
                @{ Public = [BorgRepo.BorgCompactionAction]; Engine = 'BorgRepo.Core.Compaction.CompactionAction' }
                @{ Public = [BorgRepo.BorgCompactionReason]; Engine = 'BorgRepo.Core.Compaction.CompactionReason' }
                @{ Public = [BorgRepo.BorgWriteFormat]; Engine = 'BorgRepo.Core.Format.WriteFormat' }
            )) {
            [Enum]::GetNames($pair.Public) | Should -Be ([Enum]::GetNames($core.GetType($pair.Engine, $true)))
        }
        foreach ($name in [Enum]::GetNames([BorgRepo.BorgFindingKind]) + [Enum]::GetNames([BorgRepo.BorgCheckConclusion])) {
            $page | Should -MatchExactly "(?m)^\s*-?\s*$name\b" -Because "$name needs an explanation"
        }
    }
}

Describe 'A partial check' {
    It 'never claims more than it read' {
        $path = Expand-Vector 'flip-data'
        $result = Invoke-BorgRepoCheck $path -Quick
        $result.Conclusion | Should -Be PartlyChecked
        $result = Invoke-BorgRepoCheck $path -Segment 0..10
        $result.Conclusion | Should -Be PartlyChecked
        $result.Objects | Should -BeNullOrEmpty
        $result.Segments | Should -Be 11
        (Invoke-BorgRepoCheck $path -Segment 11)[-1].Conclusion | Should -Be Damaged
    }

    It 'takes segments as <Given>' -ForEach @(
        @{ Given = '0, 2..4'; Code = { Invoke-BorgRepoCheck $path -Segment 0, 2..4 }; Expected = 4 }
        @{ Given = 'a list of numbers'; Code = { Invoke-BorgRepoCheck $path -Segment (0..3) }; Expected = 4 }
        @{ Given = 'numbers that do not exist'; Code = { Invoke-BorgRepoCheck $path -Segment 100..200 }; Expected = 0 }
    ) {
        $path = Expand-Vector 'overwrites-deletes'
        (& $Code).Segments | Should -Be $Expected
    }

    It 'does not take <_> for a segment' -ForEach 'x', '5..3', '-1', '1..2..3', '4294967296', '0x10' {
        $path = New-TestRepository
        $problem = Get-ErrorOf { Invoke-BorgRepoCheck $path -Segment $_ }
        Get-ShortId $problem | Should -Be InvalidSegment
        $problem.CategoryInfo.Category | Should -Be InvalidArgument
    }

    It 'takes segments from the pipeline, all of one repository at once' {
        $one = Expand-Vector 'flip-data'
        $two = Expand-Vector 'compacted'
        $results = Get-BorgSegment $one, $two | Where-Object LiveObjects -GT 0 | Invoke-BorgRepoCheck | Where-Object { $_ -is [BorgRepo.BorgCheckResult] }
        $results.RepositoryPath | Should -Be $one, $two
        $results.Conclusion | Should -Be Damaged, PartlyChecked
        $results[0].Segments | Should -Be 7
    }

    It 'takes them after they went through a file too' {
        $path = Expand-Vector 'compacted'
        $file = Join-Path (New-TestFolder) 'segments.xml'
        Get-BorgSegment $path | Select-Object -First 2 | Export-Clixml -LiteralPath $file
        $result = Import-Clixml -LiteralPath $file | Invoke-BorgRepoCheck
        $result.RepositoryPath | Should -Be $path
        $result.Segments | Should -Be 2
    }

    It 'goes on where the one before stopped, and a whole check forgets that' {
        $path = Expand-Vector 'two-damages'
        # Whoever takes long over a finding makes the check run out of time there.
        $first = Invoke-BorgRepoCheck $path -MaxDuration 1 | ForEach-Object { $_; Start-Sleep -Milliseconds 1200 }
        $first[-1].LastSegmentChecked | Should -Be 7
        $first[0].Segment | Should -Be 7
        (Get-BorgRepository $path).LastSegmentChecked | Should -Be 7
        $second = Invoke-BorgRepoCheck $path -MaxDuration 100
        $second[0].Segment | Should -Be 11
        $second[-1].Segments | Should -Be 5
        $second[-1].LastSegmentChecked | Should -BeNullOrEmpty
        (Get-BorgRepository $path).LastSegmentChecked | Should -BeNullOrEmpty
    }

    It 'remembers it in a session that may write, and says so where it cannot' {
        $path = Expand-Vector 'two-damages'
        $session = Open-BorgRepository $path -ReadOnly
        $result = Invoke-BorgRepoCheck $session -MaxDuration 1 -WarningVariable said -WarningAction SilentlyContinue | ForEach-Object { $_; Start-Sleep -Milliseconds 1200 }
        $session.Dispose()
        $result[-1].LastSegmentChecked | Should -Be 7
        "$said" | Should -Match 'stopped after segment 7'
        (Get-BorgRepository $path).LastSegmentChecked | Should -BeNullOrEmpty
        $session = Open-BorgRepository $path
        $null = Invoke-BorgRepoCheck $session -MaxDuration 1 | ForEach-Object { $_; Start-Sleep -Milliseconds 1200 }
        $session.Dispose()
        (Get-BorgRepository $path).LastSegmentChecked | Should -Be 7
    }

    It 'excludes what does not go with it: <Code>' -ForEach @(
        @{ Code = 'Invoke-BorgRepoCheck $path -Segment 1 -MaxDuration 5' }
        @{ Code = 'Invoke-BorgRepoCheck $path -Segment 1 -Repair -WhatIf' }
        @{ Code = 'Invoke-BorgRepoCheck $path -Quick -Repair -WhatIf' }
        @{ Code = 'Invoke-BorgRepoCheck $path -MaxDuration 5 -Repair -WhatIf' }
        @{ Code = 'Invoke-BorgRepoCheck $path -NoLock -Repair -WhatIf' }
        @{ Code = 'Get-BorgSegment $path | Invoke-BorgRepoCheck -Repair -WhatIf' }
    ) {
        $path = New-TestRepository
        $problem = Get-ErrorOf ([scriptblock]::Create($Code))
        Get-ShortId $problem | Should -Be InvalidParameterCombination
    }
}

Describe 'A check in an open session' {
    It 'works with the lock there is' {
        $path = Expand-Vector 'compacted'
        foreach ($options in @{}, @{ ReadOnly = $true }, @{ NoLock = $true }, @{ Exclusive = $true }) {
            $session = Open-BorgRepository $path @options
            (Invoke-BorgRepoCheck $session).Conclusion | Should -Be Sound
            $session.IsExclusive | Should -Be ([bool]$options.Exclusive)
            $session.Dispose()
        }
    }

    It 'is refused in a transaction' {
        $session = Open-BorgRepository (New-TestRepository)
        $null = Set-BorgObject $session (Get-Id 'aa') (Get-Bytes 'x')
        Get-ShortId (Get-ErrorOf { Invoke-BorgRepoCheck $session }) | Should -Be InvalidTransactionState
        $session.InTransaction | Should -BeTrue
        $null = Undo-BorgTransaction $session
        $session.Dispose()
    }

    It 'lets whoever receives a finding read, but not write' {
        $session = Open-BorgRepository (Expand-Vector 'flip-data')
        $seen = Invoke-BorgRepoCheck $session | Select-Object -First 1 | ForEach-Object {
            Get-BorgObject $session -First 1
            Get-ErrorOf { Set-BorgObject $session (Get-Id 'aa') (Get-Bytes 'x') }
        }
        $seen[0] | Should -BeOfType BorgRepo.BorgObject
        Get-ShortId $seen[1] | Should -Be InvalidTransactionState
        $null = Set-BorgObject $session (Get-Id 'aa') (Get-Bytes 'x')
        $session.InTransaction | Should -BeTrue
        $null = Undo-BorgTransaction $session
        $session.Dispose()
    }

    It 'does not keep other threads from reading while its findings are worked on' {
        $session = Open-BorgRepository (Expand-Vector 'two-damages')
        $shell = New-Shell 'Invoke-BorgRepoCheck $session | ForEach-Object -ThrottleLimit 1 -Parallel { Import-Module $using:manifest; @(Get-BorgObject $using:session -First 1).Count }' @{ session = $session; manifest = $manifestPath }
        $running = $shell.BeginInvoke()
        $running.AsyncWaitHandle.WaitOne(60000) | Should -BeTrue -Because 'a check that waits for its reader waits for ever'
        $shell.EndInvoke($running) | Should -Be 1, 1, 1, 1, 1
        $shell.Dispose()
        $session.Dispose()
    }
}

Describe 'A repair' {
    It 'is asked for, and a refusal changes nothing' {
        $damaged = Expand-Vector 'flip-data'
        $full = Expand-Vector 'overwrites-deletes'
        $logged = Expand-Vector 'append-only'
        $before = $damaged, $full, $logged | ForEach-Object { Get-TreeState $_ -ContentOnly }
        $printed = Invoke-WithAnswers @"
Invoke-BorgRepoCheck '$damaged' -Repair | ForEach-Object { 'REPAIRED' }
Compress-BorgSegments '$full' -Confirm | ForEach-Object { 'COMPACTED' }
Restore-BorgTransaction '$logged' 5 | ForEach-Object { 'RESTORED' }
'END'
"@ 'n', 'n', 'n'
        $printed | Should -Match 'Repair what a check finds'
        $printed | Should -Match 'Compact segments'
        $printed | Should -Match 'Go back to transaction 5'
        $printed | Should -Match 'END'
        $printed | Should -Not -CMatch 'REPAIRED|COMPACTED|RESTORED'
        $damaged, $full, $logged | ForEach-Object { Get-TreeState $_ -ContentOnly } | Should -Be $before
    }

    It 'does not happen where nobody can be asked' {
        $path = Expand-Vector 'flip-data'
        $before = Get-TreeState $path
        $shell = New-Shell "Invoke-BorgRepoCheck '$path' -Repair"
        $shell.Invoke() | Should -BeNullOrEmpty
        $shell.Streams.Error | Should -HaveCount 1
        $shell.Dispose()
        Get-TreeState $path | Should -Be $before
    }

    It 'is planned with -WhatIf, and the plan is what is done then: <Vector>' -ForEach $repairable {
        $path = Expand-Vector $Vector
        $before = Get-TreeState $path
        $plan = @(Get-Plan "Invoke-BorgRepoCheck '$path' -Repair -WhatIf")[-1]
        Get-TreeState $path | Should -Be $before
        if ($plan.Errors -gt 0) {
            $plan.Conclusion | Should -Be RepairPlanned
            $plan.Passed | Should -BeFalse
        }

        $done = @(Invoke-BorgRepoCheck $path -Repair -Confirm:$false -WarningAction SilentlyContinue)[-1]
        $done.Passed | Should -BeTrue
        $done.LostObjects | Should -Be $plan.LostObjects
        $done.Repairs | ForEach-Object { "$($_.Action) $($_.Segment) $($_.KeptEntries) $($_.KeptBytes) $($_.DroppedBytes) $($_.BackupPath)" } |
            Should -Be ($plan.Repairs | ForEach-Object { "$($_.Action) $($_.Segment) $($_.KeptEntries) $($_.KeptBytes) $($_.DroppedBytes) $($_.BackupPath)" })
        foreach ($action in $done.Repairs | Where-Object BackupPath) {
            Test-Path -LiteralPath $action.BackupPath | Should -BeTrue
        }
        Test-Unlocked $path | Should -BeTrue
    }

    It 'is followed by a clean check, ours and borg''s, and loses nothing that could be read: <Vector>' -ForEach $repairable {
        $path = Expand-Vector $Vector
        $lost = @(Get-Plan "Invoke-BorgRepoCheck '$path' -Repair -WhatIf")[-1].LostObjects
        # Where a COMMIT comes back, newer values come back with it.
        $part = $Vector -in 'missing-last-commit', 'entry-after-commit' ? 0..63 : 0..128
        $readable = Get-ObjectHash $path | ForEach-Object { -join $_[$part] }
        $null = Invoke-BorgRepoCheck $path -Repair -Confirm:$false -WarningAction SilentlyContinue
        (Invoke-BorgRepoCheck $path -WarningAction SilentlyContinue | Where-Object Severity -EQ Error) | Should -BeNullOrEmpty
        $left = Get-ObjectHash $path | ForEach-Object { -join $_[$part] }
        $readable | Where-Object { $_ -notin $left -and $_.Substring(0, 64) -notin $lost } | Should -BeNullOrEmpty
        $null = Invoke-Borg 'check', '--repository-only', $path
    }

    It 'says in a warning what it changed, and keeps the original aside unless declined' {
        $path = Expand-Vector 'flip-data'
        $original = [IO.File]::ReadAllBytes((Get-SegmentPath $path 11))
        $result = Invoke-BorgRepoCheck $path -Repair -Confirm:$false -WarningVariable said -WarningAction SilentlyContinue | Select-Object -Last 1
        $result.Conclusion | Should -Be Repaired
        "$said" | Should -Match 'Segment 11 was repaired: 4 entries kept'
        $backup = $result.Repairs[0].BackupPath
        [IO.File]::ReadAllBytes($backup) | Should -Be $original

        $path = Expand-Vector 'flip-data'
        $result = Invoke-BorgRepoCheck $path -Repair -NoBackup -Confirm:$false -WarningAction SilentlyContinue | Select-Object -Last 1
        $result.Repairs[0].BackupPath | Should -BeNullOrEmpty
        Get-ChildItem -LiteralPath $path -Recurse -Filter '*beforerecover*' | Should -BeNullOrEmpty
    }

    It 'is refused for an append-only repository before anybody is asked: <Options.Keys>' -ForEach @(
        @{ Options = @{ WhatIf = $true } }
        @{ Options = @{ Confirm = $true } }
        @{ Options = @{ Confirm = $false } }
    ) {
        $path = Expand-Vector 'append-only'
        $problem = Get-ErrorOf { Invoke-BorgRepoCheck $path -Repair @Options }
        Get-ShortId $problem | Should -Be AppendOnlyRefused
        $problem.CategoryInfo.Category | Should -Be PermissionDenied
        $problem.TargetObject | Should -Be $path
    }

    It 'is refused in a session for reading, and works in one for writing' {
        $path = Expand-Vector 'flip-data'
        $session = Open-BorgRepository $path -ReadOnly
        Get-ShortId (Get-ErrorOf { Invoke-BorgRepoCheck $session -Repair -Confirm:$false }) | Should -Be InvalidTransactionState
        @(Get-Plan 'Invoke-BorgRepoCheck $session -Repair -WhatIf' @{ session = $session })[-1].Conclusion | Should -Be RepairPlanned
        $session.Dispose()
        $session = Open-BorgRepository $path
        @(Get-BorgObject $session).Count | Should -Be 23
        (Invoke-BorgRepoCheck $session -Repair -Confirm:$false -WarningAction SilentlyContinue)[-1].Conclusion | Should -Be Repaired
        @(Get-BorgObject $session).Count | Should -Be 22 -Because 'a session sees at once what became of the repository'
        $session.Dispose()
    }

    It 'leaves a repository that a borg client goes on with' {
        $path = Expand-Vector 'borg-1.2.4-none'
        Edit-Segment $path 0 -40
        $null = Invoke-BorgRepoCheck $path -Repair -Confirm:$false -WarningAction SilentlyContinue
        $null = Invoke-Borg 'check', '--repository-only', $path
        (Invoke-BorgRepoCheck $path)[-1].Conclusion | Should -Be Sound
    }
}

Describe 'The progress of a check' {
    It 'tells bytes, rate and share, only ever forwards, and is taken away' {
        $path = Expand-Vector 'two-damages'
        $shell = New-Shell "Invoke-BorgRepoCheck '$path' -NoLock | ForEach-Object { Start-Sleep -Milliseconds 200 }"
        $null = $shell.Invoke()
        $records = @($shell.Streams.Progress)
        $shell.Dispose()
        $records.Count | Should -BeGreaterThan 1
        $records.Count | Should -BeLessThan 20 -Because 'hosts draw slowly'
        $records[0].Activity | Should -Be 'Checking segments'
        $records[0].StatusDescription | Should -MatchExactly '^segment \d+, [\d.]+ k?B of 5\.47 kB, [\d.]+ k?B/s$'
        $records[-1].RecordType | Should -Be Completed
        $shown = $records | Select-Object -SkipLast 1
        $shown.RecordType | Sort-Object -Unique | Should -Be Processing
        $shown.PercentComplete | Should -Be ($shown.PercentComplete | Sort-Object)
        $shown[0].PercentComplete | Should -BeGreaterThan 0
        $shown[0].SecondsRemaining | Should -BeGreaterOrEqual 0
    }
}

Describe 'Stopping a check' {
    It 'takes less than a second and leaves all as it was: <Code>' -ForEach @(
        @{ Code = 'while ($true) { Invoke-BorgRepoCheck $path | ForEach-Object { $signal.Set() } }' }
        @{ Code = 'while ($true) { Invoke-BorgRepoCheck $path -Quick -ThrottleLimit 1 | ForEach-Object { $signal.Set() } }' }
        @{ Code = 'while ($true) { Invoke-BorgRepoCheck $path -Repair -WhatIf | ForEach-Object { $signal.Set() } }' }
    ) {
        $path = Expand-Vector 'two-damages'
        $before = Get-TreeState $path -ContentOnly
        $signal = [Threading.ManualResetEventSlim]::new()
        Assert-StopsSoon $Code { $signal.IsSet } @{ path = $path; signal = $signal }
        Test-Unlocked $path | Should -BeTrue
        Get-TreeState $path -ContentOnly | Should -Be $before
    }

    It 'does not wait for the end of a search in much noise' {
        $path = New-TestRepository
        $noise = [byte[]]::new(64MB)
        [Random]::new(7).NextBytes($noise)
        $file = [IO.File]::OpenWrite((Get-SegmentPath $path 0))
        $file.Position = 60
        1..4 | ForEach-Object { $file.Write($noise) }
        $file.Dispose()
        $code = '$signal.Set(); while ($true) { $null = Invoke-BorgRepoCheck $path -ThrottleLimit 2 }'
        $signal = [Threading.ManualResetEventSlim]::new()
        Assert-StopsSoon $code { $signal.IsSet } @{ path = $path; signal = $signal }
        Test-Unlocked $path | Should -BeTrue
    }

    It 'ends the wait for the lock' {
        $path = New-TestRepository
        $session = Open-BorgRepository $path -Exclusive
        $started = [datetime]::UtcNow
        Assert-StopsSoon 'Invoke-BorgRepoCheck $path -LockWait 600' { [datetime]::UtcNow - $started -gt [timespan]::FromSeconds(2) } @{ path = $path }
        $session.Dispose()
        Test-Unlocked $path | Should -BeTrue
    }
}
