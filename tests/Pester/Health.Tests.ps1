#Requires -Version 7.6

# Measure-BorgRepository as objects, JSON, CSV and for Prometheus; the map of segments in the terminal.

BeforeAll {
    . (Join-Path $PSScriptRoot 'Fixture.ps1')
    . (Join-Path $PSScriptRoot 'Vectors.ps1')
}

Describe 'Measure-BorgRepository' {
    It 'measures what the segments hold' {
        $path = Expand-Vector 'overwrites-deletes'
        $health = Measure-BorgRepository $path
        $segments = Get-BorgSegment $path
        $health | Should -BeOfType BorgRepo.BorgHealth
        $health.Path | Should -Be $path
        $health.RepositoryId | Should -Be (Get-BorgRepository $path).Id
        $health.Objects | Should -Be 23
        $health.Segments | Should -Be $segments.Count
        $health.SegmentBytes | Should -Be ($segments | Measure-Object FileBytes -Sum).Sum
        $health.LiveBytes | Should -Be ($segments | Measure-Object LiveBytes -Sum).Sum
        $health.DeadBytes | Should -Be ($segments | Measure-Object DeadBytes -Sum).Sum
        $health.LargestSegmentBytes | Should -Be ($segments | Measure-Object FileBytes -Maximum).Maximum
        $health.CommitOnlySegments | Should -Be @($segments | Where-Object { $_.Puts -eq 0 -and $_.Deletes -eq 0 }).Count
        $health.TransactionId | Should -Be 12
        $health.TransactionTime.Kind | Should -Be 'Utc'
        $health.MeasuredAt.Kind | Should -Be 'Utc'
        $health.FreeVolumeBytes | Should -BeGreaterThan 0
        Test-Unlocked $path | Should -BeTrue
    }

    It 'foretells to the byte what a compaction frees' {
        $path = Expand-Vector 'overwrites-deletes'
        $before = Measure-BorgRepository $path
        $before.ReclaimableBytes | Should -BeGreaterThan 0
        $null = Compress-BorgSegments $path
        (Measure-BorgRepository $path).SegmentBytes | Should -Be ($before.SegmentBytes - $before.ReclaimableBytes)
    }

    It 'warns of <Code> in <Vector>' -ForEach @(
        @{ Vector = 'overwrites-deletes'; Code = 'Reclaimable' }
        @{ Vector = 'truncated-in-header'; Code = 'DamagedSegments' }
        @{ Vector = 'uncommitted-tail'; Code = 'UncommittedSegments' }
        @{ Vector = 'lock-dead-local'; Code = 'StaleLock' }
        @{ Vector = 'fresh-empty'; Code = 'NoTransaction' }
        @{ Vector = 'quota-set'; Code = 'QuotaNearlyUsed' }
    ) {
        $path = Expand-Vector $Vector
        $before = Get-TreeState $path
        $health = Measure-BorgRepository $path -NoLock -WarningAction SilentlyContinue
        $health.Healthy | Should -BeFalse
        $health.Warnings.Code | Should -Contain $Code
        ($health.Warnings | Where-Object Code -EQ $Code).Message | Should -Match '\.$'
        Get-TreeState $path | Should -Be $before
    }

    It 'finds nothing to say about a sound one' {
        $health = Measure-BorgRepository (New-TestRepository)
        $health.Healthy | Should -BeTrue
        $health.Warnings | Should -BeNullOrEmpty
        "$health" | Should -Be "$($health.Path): healthy"
    }

    It 'gives JSON that is complete at the default depth' {
        $health = Measure-BorgRepository (Expand-Vector 'overwrites-deletes')
        $json = $health | ConvertTo-Json -WarningVariable said
        $said | Should -BeNullOrEmpty
        $read = $json | ConvertFrom-Json
        $read.PSObject.Properties.Name | Should -Be $health.GetType().GetProperties().Name
        $read.Warnings[0].Code | Should -Be 'Reclaimable'
        $read.LiveBytes | Should -Be $health.LiveBytes
        $read.TransactionTime | Should -Be $health.TransactionTime
        ($json | ConvertFrom-Json -AsHashtable).Values | Where-Object { $_ -is [hashtable] } | Should -BeNullOrEmpty -Because 'all values are plain'
    }

    It 'gives CSV in which each cell says something' {
        $health = Measure-BorgRepository (Expand-Vector 'quota-set'), (New-TestRepository)
        $read = $health | ConvertTo-Csv | ConvertFrom-Csv
        $read.Path | Should -Be $health.Path
        $read[0].Warnings | Should -Be 'Reclaimable QuotaNearlyUsed'
        $read[1].Warnings | Should -BeNullOrEmpty
        $read | ForEach-Object { $_.PSObject.Properties.Value } | Where-Object { $_ -match '\[\]|BorgRepo\.|System\.' } | Should -BeNullOrEmpty
    }

    It 'is shown as table and list within 80 columns' {
        $health = Measure-BorgRepository (Expand-Vector 'overwrites-deletes')
        $views = Get-FormatData -TypeName 'BorgRepo.BorgHealth' -PowerShellVersion $PSVersionTable.PSVersion
        $views.FormatViewDefinition.Control | ForEach-Object { $_.GetType().Name } | Should -Be 'TableControl', 'ListControl'
        foreach ($view in 'Format-Table', 'Format-List') {
            $lines = ($health | & $view | Out-String -Width 80) -split '\r?\n' | Where-Object { $_ }
            $lines | Should -Not -BeNullOrEmpty
            $lines | Where-Object Length -GT 80 | Should -BeNullOrEmpty
        }
        ($health | Format-List | Out-String) | Should -Match 'Reclaimable: A compaction'
    }

    It 'names its repository to the next cmdlet, also after a journey' {
        $path = New-TestRepository -Name 'with [brackets]'
        $health = Measure-BorgRepository -LiteralPath $path
        ($health | Get-BorgRepository).Path | Should -Be $path
        $copy = [Management.Automation.PSSerializer]::Deserialize([Management.Automation.PSSerializer]::Serialize($health))
        $copy.Healthy | Should -BeTrue
        ($copy | Get-BorgRepository).Path | Should -Be $path
        @($copy | Get-BorgObject).Count | Should -Be 3
    }

    It 'goes on where one of several is none' {
        $path = New-TestRepository
        $health = (New-TestFolder), $path | Measure-BorgRepository -ErrorAction SilentlyContinue -ErrorVariable problem
        $health.Path | Should -Be $path
        Get-ShortId $problem[0] | Should -Be 'InvalidRepository'
    }
}

Describe 'The text for Prometheus' {
    BeforeAll {
        # The parser that Prometheus gives to Python programs; its samples, as JSON lines.
        $parse = @'
import json, sys
from prometheus_client.parser import text_string_to_metric_families
for family in text_string_to_metric_families(sys.stdin.buffer.read().decode('utf-8')):
    for sample in family.samples:
        print(json.dumps({'family': family.name, 'type': family.type, 'help': family.documentation, 'name': sample.name, 'labels': sample.labels, 'value': sample.value}))
'@
        $python = 'python3', '/usr/bin/python3' | Where-Object {
            (Get-Command -Name $_ -CommandType Application -ErrorAction Ignore) -and $(& $_ -c 'import prometheus_client' 2>&1 | Out-Null; $LASTEXITCODE -eq 0)
        } | Select-Object -First 1

        function Read-Metric([string] $Text) {
            if (-not $python) {
                Set-ItResult -Skipped -Because 'there is no prometheus_client for Python'
                return
            }
            $file = Join-Path (New-TestFolder) 'metrics.prom'
            [IO.File]::WriteAllText($file, $Text)
            $printed = & $python -c "import sys; sys.stdin = open(r'$file', encoding='utf-8', newline='')`n$parse" 2>&1
            $LASTEXITCODE | Should -Be 0 -Because "$printed"
            $printed | ForEach-Object { $_ | ConvertFrom-Json -AsHashtable }
        }
    }

    It 'is read by a parser of its format, and says what the object says' {
        $path = Expand-Vector 'overwrites-deletes'
        $health = Measure-BorgRepository $path
        $samples = @(Read-Metric (Measure-BorgRepository $path -AsPrometheus))
        if (-not $python) { return }
        $samples.Count | Should -BeGreaterThan 10
        $samples | ForEach-Object { $_.type } | Sort-Object -Unique | Should -Be 'gauge'
        $samples | Where-Object { -not $_.help } | Should -BeNullOrEmpty
        $samples | ForEach-Object { $_.labels.path } | Sort-Object -Unique | Should -Be $path
        $samples | ForEach-Object { $_.labels.repository } | Sort-Object -Unique | Should -Be $health.RepositoryId
        $value = @{}
        $samples | ForEach-Object { $value[$_.name] = $_.value }
        $value['borgrepo_objects'] | Should -Be 23
        $value['borgrepo_segment_bytes'] | Should -Be $health.SegmentBytes
        $value['borgrepo_live_bytes'] | Should -Be $health.LiveBytes
        $value['borgrepo_reclaimable_bytes'] | Should -Be $health.ReclaimableBytes
        $value['borgrepo_warnings'] | Should -Be 1
        $value['borgrepo_transaction_timestamp_seconds'] | Should -Be ([DateTimeOffset]$health.TransactionTime).ToUnixTimeSeconds()
    }

    It 'has each metric once, with a sample for each repository that knows it' {
        $paths = @((New-TestRepository), (Expand-Vector 'fresh-empty'))
        $text = Measure-BorgRepository $paths -AsPrometheus
        @($text).Count | Should -Be 1
        $lines = $text -split '\n'
        $text | Should -Not -Match '\r'
        $text | Should -Match '\n$'
        @($lines -match '^# TYPE ' | Sort-Object -Unique).Count | Should -Be @($lines -match '^# TYPE ').Count
        @($lines -match '^# HELP ').Count | Should -Be @($lines -match '^# TYPE ').Count
        @($lines -match '^borgrepo_objects').Count | Should -Be 2
        @($lines -match '^borgrepo_transaction\{').Count | Should -Be 1 -Because 'a new repository has no transaction'
        $null = Read-Metric $text
    }

    It 'escapes what a path may hold' -Skip:$IsWindows {
        $name = "a `"b`" c {d} = 1`n$([char]0xe4)"
        $path = New-TestRepository -Name $name
        $samples = @(Read-Metric (Measure-BorgRepository -LiteralPath $path -AsPrometheus))
        if (-not $python) { return }
        $samples | ForEach-Object { $_.labels.path } | Sort-Object -Unique | Should -Be $path
    }

    It 'has the numbers of the format in any culture' {
        $path = New-TestRepository
        $former = [cultureinfo]::CurrentCulture
        try {
            [cultureinfo]::CurrentCulture = 'de-DE'
            $text = Measure-BorgRepository $path -AsPrometheus
        } finally {
            [cultureinfo]::CurrentCulture = $former
        }
        ($text -split '\n') -notmatch '^#' | Where-Object { $_ } | ForEach-Object { ($_ -split '} ')[-1] } | Should -Match '^[0-9.]+(E\+\d+)?$'
    }

    It 'leaves out what cannot be measured, with an error' {
        $path = New-TestRepository
        $text = Measure-BorgRepository (New-TestFolder), $path -AsPrometheus -ErrorAction SilentlyContinue -ErrorVariable problem
        $problem.Count | Should -Be 1
        @(($text -split '\n') -match '^borgrepo_objects').Count | Should -Be 1
    }
}

Describe 'Show-BorgSegmentMap' {
    It 'draws each segment as a letter' {
        $path = Expand-Vector 'overwrites-deletes'
        $lines = @(Get-BorgSegment $path | Show-BorgSegmentMap -Plain)
        $lines.Count | Should -Be 2
        $lines[0] | Should -Match 'damaged$'
        $lines[1] | Should -MatchExactly '^        0 [-#+.C]{13}$'
        $letters = $lines[1].Substring(10).ToCharArray()
        foreach ($segment in Get-BorgSegment $path) {
            $share = $segment.LiveBytes / $segment.FileBytes
            $expected = $segment.Puts + $segment.Deletes -eq 0 ? 'C' : $share -gt 0.9 ? '#' : $share -gt 0.5 ? '+' : $share -gt 0.1 ? '-' : '.'
            $letters[$segment.Segment] | Should -Be $expected -Because "segment $($segment.Segment)"
        }
    }

    It 'marks damage and what is not committed' {
        (Get-BorgSegment (Expand-Vector 'truncated-in-header') -NoLock -WarningAction SilentlyContinue | Show-BorgSegmentMap -Plain)[1] | Should -Match '!'
        (Get-BorgSegment (Expand-Vector 'uncommitted-tail') -NoLock | Show-BorgSegmentMap -Plain)[1] | Should -Match 'U'
    }

    It 'breaks rows at -Width and starts each with the number of its segment' {
        $lines = Get-BorgSegment (Expand-Vector 'overwrites-deletes') | Show-BorgSegmentMap -Plain -Width 5
        $lines | Select-Object -Skip 1 | ForEach-Object { [int]$_.Substring(0, 9) } | Should -Be 0, 5, 10
        $lines | Select-Object -Skip 1 | ForEach-Object { $_.Length - 10 } | Should -Be 5, 5, 3
    }

    It 'uses colour that says what the letters say, and none where the terminal has none' {
        $segments = Get-BorgSegment (Expand-Vector 'overwrites-deletes')
        $plain = $segments | Show-BorgSegmentMap -Plain
        $plain -match "`e" | Should -BeNullOrEmpty
        $former = $PSStyle.OutputRendering
        try {
            $PSStyle.OutputRendering = 'Ansi'
            $colour = $segments | Show-BorgSegmentMap
            $segments | Show-BorgSegmentMap -Plain | Should -Be $plain
            # This is what NO_COLOR and a terminal without colours bring about.
            $PSStyle.OutputRendering = 'PlainText'
            $segments | Show-BorgSegmentMap | Should -Be $plain
        } finally {
            $PSStyle.OutputRendering = $former
        }
        $colour[1] | Should -Match "`e\[\d+m"
        $colour[1] | Should -Match "`e\[0m$"
        $colour -replace "`e\[[\d;]+m" | Should -Be $plain
    }
}
