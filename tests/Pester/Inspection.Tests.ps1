#Requires -Version 7.6

# Get-BorgSegment, Get-BorgSegmentEntry, Get-BorgTransaction: a look into the log, of damaged repositories too.

BeforeDiscovery {
    $damaged = 'flip-data', 'two-damages', 'magic-damaged', 'truncated-in-header', 'truncated-in-data', 'size-huge', 'tag-put2', 'zero-length-segment',
        'missing-segment', 'missing-last-commit', 'uncommitted-only', 'all-segments-missing', 'fresh-empty', 'index-garbage', 'garbage-between' |
        ForEach-Object { @{ Vector = $_ } }
    $views = 'BorgCheckFinding', 'BorgCheckResult', 'BorgRepairAction', 'BorgCompactionResult', 'BorgCompactedSegment', 'BorgSegment', 'BorgSegmentEntry', 'BorgTransaction' |
        ForEach-Object { @{ Type = $_ } }
}

BeforeAll {
    . (Join-Path $PSScriptRoot 'Fixture.ps1')
    . (Join-Path $PSScriptRoot 'Vectors.ps1')
}

Describe 'Get-BorgSegment' {
    It 'tells what is live and dead in each segment' {
        $path = Expand-Vector 'overwrites-deletes'
        $segments = @(Get-BorgSegment $path)
        $segments.Segment | Should -Be (0..12)
        $segments[0] | Should -BeOfType BorgRepo.BorgSegment
        $segments[0].FileBytes | Should -Be 644
        $segments[0].Entries | Should -Be 6
        $segments[0].Puts | Should -Be 6
        $segments[0].LiveObjects | Should -Be 3
        $segments[0].LiveBytes | Should -Be 369
        $segments[0].DeadBytes | Should -Be 275
        $segments[0].Committed | Should -BeTrue
        $segments[0].Damage | Should -BeNullOrEmpty
        $segments[0].Path | Should -Be (Get-SegmentPath $path 0)
        $segments[9].Deletes | Should -Be 2
        $segments[12].Commits | Should -Be 1
        ($segments | Measure-Object LiveObjects -Sum).Sum | Should -Be (Get-BorgRepository $path).Objects
        ($segments | Measure-Object FileBytes -Sum).Sum | Should -Be (Get-BorgRepository $path).Bytes
        "$($segments[3])" | Should -Be '3'
    }

    It 'shows what an interrupted transaction left' {
        $segments = Get-BorgSegment (Expand-Vector 'uncommitted-tail')
        @($segments | Where-Object Committed -EQ $false) | Should -HaveCount 3
    }

    It 'takes numbers and ranges' {
        $path = Expand-Vector 'overwrites-deletes'
        (Get-BorgSegment $path 3, 5..6).Segment | Should -Be 3, 5, 6
        Get-ShortId (Get-ErrorOf { Get-BorgSegment $path x }) | Should -Be InvalidSegment
        Get-ShortId (Get-ErrorOf { Get-BorgSegmentEntry $path 1-2 }) | Should -Be InvalidSegment
    }

    It 'leaves the lock when the pipeline takes only the first' {
        $path = Expand-Vector 'overwrites-deletes'
        (Get-BorgSegment $path | Select-Object -First 1).Segment | Should -Be 0
        (Get-BorgSegmentEntry $path | Select-Object -First 1).Segment | Should -Be 0
        Test-Unlocked $path | Should -BeTrue
    }

    It 'sees the transaction under way in a session' {
        $session = Open-BorgRepository (Expand-Vector 'overwrites-deletes')
        $null = Set-BorgObject $session (Get-Id 'aa') (Get-Bytes 'x')
        $last = Get-BorgSegment $session | Select-Object -Last 1
        $last.Committed | Should -BeFalse
        $last.LiveObjects | Should -Be 1
        (Get-BorgSegmentEntry $session | Select-Object -Last 1).Id | Should -Be (Get-Id 'aa')
        (Get-BorgTransaction $session | Where-Object Current).TransactionId | Should -Be 12
        $null = Undo-BorgTransaction $session
        $session.Dispose()
    }
}

Describe 'Get-BorgSegmentEntry' {
    It 'lists the log with what is superseded' {
        $path = Expand-Vector 'overwrites-deletes'
        $entries = @(Get-BorgSegmentEntry $path)
        $entries | Should -HaveCount 46
        $entries[0] | Should -BeOfType BorgRepo.BorgSegmentEntry
        @($entries | Where-Object Current) | Should -HaveCount (Get-BorgRepository $path).Objects
        @($entries | Where-Object Kind -EQ Commit).Segment | Should -Be 5, 10, 12
        $entries | Where-Object { $_.Kind -eq 'Commit' -and $_.Id } | Should -BeNullOrEmpty
        foreach ($entry in $entries | Where-Object Current) {
            $object = Get-BorgObject $path $entry.Id -NoLock
            "$($object.Segment):$($object.Offset) $($object.Size)" | Should -Be "$($entry.Segment):$($entry.Offset) $($entry.Size)"
        }
        "$($entries[0])" | Should -Be 'Put 0:8'
    }

    It 'gives damage in its place, and all that is readable behind it' {
        $path = Expand-Vector 'two-damages'
        $entries = Get-BorgSegmentEntry $path -Segment 7, 11
        $entries.Segment | Sort-Object -Unique | Should -Be 7, 11
        $damage = $entries | Where-Object Kind -EQ Damage
        $damage.Damage | Should -HaveCount 2
        $damage[0].Id | Should -BeNullOrEmpty
        $damage[0].EntryBytes | Should -BeGreaterThan 0
    }

    It 'takes segments from the pipeline' {
        $path = Expand-Vector 'overwrites-deletes'
        $entries = Get-BorgSegment $path 0..2 | Get-BorgSegmentEntry
        $entries | Should -HaveCount 15
    }
}

Describe 'Looking at a repository that is in trouble' {
    It 'works with what is left, and writes nothing with -NoLock: <Vector>' -ForEach $damaged {
        $path = Expand-Vector $Vector
        Remove-Item -Path (Join-Path $path 'index.*'), (Join-Path $path 'hints.*'), (Join-Path $path 'integrity.*')
        $before = Get-TreeState $path
        $segments = @(Get-BorgSegment $path -NoLock -WarningAction SilentlyContinue)
        $segments | Should -HaveCount @(Get-ChildItem -LiteralPath (Join-Path $path 'data') -Recurse -File).Count
        $null = Get-BorgSegmentEntry $path -NoLock -WarningAction SilentlyContinue
        $null = Get-BorgTransaction $path -NoLock -WarningAction SilentlyContinue
        Get-TreeState $path | Should -Be $before
    }

    It 'says that it does not know what is current without an index' {
        $path = Expand-Vector 'flip-data'
        Remove-Item -Path (Join-Path $path 'index.*')
        $segment = Get-BorgSegment $path 0 -WarningVariable said -WarningAction SilentlyContinue
        "$said" | Should -Match 'Which entries are current is not known'
        $segment.LiveObjects | Should -BeNullOrEmpty
        $segment.DeadBytes | Should -BeNullOrEmpty
        $segment.Puts | Should -Be 6
        $entries = Get-BorgSegmentEntry $path 11 -WarningAction SilentlyContinue
        $entries | Where-Object { $_.Kind -eq 'Put' -and $null -ne $_.Current } | Should -BeNullOrEmpty
        $entries[-1].Kind | Should -Be Damage
        (Get-BorgTransaction $path).TransactionId | Should -Be 5, 10, 12
    }
}

Describe 'Get-BorgTransaction' {
    It 'joins the log of an append-only repository with what is on the disk' {
        $path = Expand-Vector 'append-only'
        $transactions = @(Get-BorgTransaction $path)
        $transactions.TransactionId | Should -Be 5, 10, 12
        $transactions.State | Should -Be Committed, Committed, Committed
        $transactions.Current | Should -Be $false, $false, $true
        $transactions[0].Time | Should -Be ([datetime]::new(2024, 2, 1, 3, 4, 5, 678, [DateTimeKind]::Utc).AddTicks(9010))
        $transactions[0].Time.Kind | Should -Be Utc
        ($transactions | Measure-Object Segments -Sum).Sum | Should -Be 13
        ($transactions | Measure-Object Bytes -Sum).Sum | Should -Be (Get-BorgRepository $path).Bytes
    }

    It 'names those that are gone' {
        $path = Expand-Vector 'append-only'
        Add-Content -LiteralPath (Join-Path $path 'transactions') -Value 'transaction 3, UTC time 2024-01-01T00:00:00.000000', 'not a line of it'
        $gone = Get-BorgTransaction $path | Where-Object State -EQ Gone
        $gone.TransactionId | Should -Be 3
        $gone.Time | Should -Be ([datetime]::new(2024, 1, 1, 0, 0, 0, [DateTimeKind]::Utc))
    }

    It 'has released the lock when its output is worked on' {
        $path = Expand-Vector 'append-only'
        Get-BorgTransaction $path | ForEach-Object { Test-Unlocked $path } | Should -Be $true, $true, $true
    }
}

Describe 'The Tab key' {
    BeforeAll {
        $path = Expand-Vector 'overwrites-deletes'
        $global:borgTestSession = Open-BorgRepository $path -NoLock

        function Get-Completion([string] $Line) {
            [Management.Automation.CommandCompletion]::CompleteInput($Line, $Line.Length, $null).CompletionMatches.CompletionText
        }
    }

    AfterAll {
        $global:borgTestSession.Dispose()
        Remove-Variable -Name borgTestSession -Scope Global
    }

    It 'completes segments and transactions of an open session: <Line>' -ForEach @(
        @{ Line = 'Get-BorgSegment -Repository $borgTestSession -Segment 1'; Expected = '1', '10', '11', '12' }
        @{ Line = 'Get-BorgSegment $borgTestSession '; Expected = (0..12 | ForEach-Object { "$_" }) }
        @{ Line = 'Get-BorgSegmentEntry $borgTestSession 2..1'; Expected = '2..1', '2..10', '2..11', '2..12' }
        @{ Line = 'Invoke-BorgRepoCheck $borgTestSession -Segment 9'; Expected = , '9' }
        @{ Line = 'Restore-BorgTransaction $borgTestSession -TransactionId '; Expected = '12', '10', '5' }
        @{ Line = 'Restore-BorgTransaction $borgTestSession 1'; Expected = '12', '10' }
    ) {
        $before = Get-TreeState $path
        Get-Completion $Line | Should -Be $Expected
        Get-TreeState $path | Should -Be $before
    }

    It 'gives nothing where no session is open, and at most fifty' {
        Get-Completion "Get-BorgSegment -LiteralPath $path -Segment 1" | Where-Object { $_ -eq '12' } | Should -BeNullOrEmpty
        $many = Join-Path (New-TestFolder) 'repo'
        $null = New-BorgRepository $many -MaxSegmentSize 10
        $null = 0..99 | ForEach-Object { [pscustomobject]@{ Id = '{0:x64}' -f $_; Value = [byte[]]1 } } | Set-BorgObject $many
        $session = $global:borgTestSession
        $global:borgTestSession = Open-BorgRepository $many -NoLock
        $found = @(Get-Completion 'Get-BorgSegment $borgTestSession ')
        $global:borgTestSession.Dispose()
        { Get-Completion 'Get-BorgSegment $borgTestSession ' } | Should -Not -Throw
        $global:borgTestSession = $session
        $found.Count | Should -BeGreaterThan 1
        $found.Count | Should -BeLessOrEqual 50
    }
}

Describe 'The views of <Type>' -ForEach $views {
    BeforeAll {
        $repair = Get-Plan "Invoke-BorgRepoCheck '$(Expand-Vector 'two-damages')' -Repair -WhatIf"
        $plan = Get-Plan "Compress-BorgSegments '$(Expand-Vector 'overwrites-deletes')' -WhatIf"
        $items = @{
            BorgCheckFinding = $repair | Select-Object -SkipLast 1
            BorgCheckResult = $repair[-1]
            BorgRepairAction = $repair[-1].Repairs
            BorgCompactionResult = $plan
            BorgCompactedSegment = $plan.Segments
            BorgSegment = Get-BorgSegment (Expand-Vector 'two-damages')
            BorgSegmentEntry = Get-BorgSegmentEntry (Expand-Vector 'two-damages')
            BorgTransaction = Get-BorgTransaction (Expand-Vector 'append-only')
        }[$Type]
    }

    It 'are a table and a list within 80 columns' {
        @($items)[0].GetType().FullName | Should -Be "BorgRepo.$Type"
        foreach ($view in 'Table', 'List') {
            $lines = ($items | & "Format-$view" | Out-String -Width 80) -split '\r?\n' | Where-Object { $_.Trim() }
            $lines | Should -Not -BeNullOrEmpty
            $lines | Where-Object Length -GT 80 | Should -BeNullOrEmpty
        }
        $formats = Get-FormatData -TypeName "BorgRepo.$Type" -PowerShellVersion $PSVersionTable.PSVersion
        $formats.FormatViewDefinition.Control | ForEach-Object { $_.GetType().Name } | Should -Be 'TableControl', 'ListControl'
    }

    It 'name only properties that exist' {
        $names = ([type]"BorgRepo.$Type").GetProperties().Name
        $formats = Get-FormatData -TypeName "BorgRepo.$Type" -PowerShellVersion $PSVersionTable.PSVersion
        $shown = foreach ($control in $formats.FormatViewDefinition.Control) {
            ($control -is [Management.Automation.TableControl] ? $control.Rows.Columns : $control.Entries.Items).DisplayEntry.Value
        }
        $data = Get-TypeData -TypeName "BorgRepo.$Type"
        $shown + $data.DefaultDisplayPropertySet.ReferencedProperties + $data.DefaultKeyPropertySet.ReferencedProperties |
            Where-Object { $_ -notin $names } | Should -BeNullOrEmpty
    }

    It 'leave out the repository, which still goes along' {
        $item = @($items)[0]
        $item.Repository | Should -Be $item.RepositoryPath
        (Get-Member -InputObject $item).Name | Should -Not -Contain 'Repository'
        ($item | ConvertTo-Json -Depth 4 | ConvertFrom-Json).PSObject.Properties.Name | Should -Not -Contain 'Repository'
    }

    It 'show lists whose items have numbers' {
        foreach ($property in $items[0].PSObject.Properties | Where-Object { $_.Value -is [Collections.IList] -and $_.Value.Count -gt 1 }) {
            @($property.Value[0]) | Should -HaveCount 1
        }
    }
}
