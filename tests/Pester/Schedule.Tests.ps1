#Requires -Version 7.6

# The scripts and units of docs/examples/schedule, run as a scheduler would.

BeforeAll {
    . (Join-Path $PSScriptRoot 'Fixture.ps1')
    . (Join-Path $PSScriptRoot 'Vectors.ps1')
    $schedule = Join-Path $root 'docs/examples/schedule'
    $modules = New-TestFolder
    $null = New-Item -ItemType SymbolicLink -Path (Join-Path $modules 'BorgRepo') -Target $root

    # What a script printed, line by line, and its exit code, in a process of its own with the module installed.
    function Invoke-Scheduled([string[]] $Arguments, [hashtable] $Environment = @{}) {
        $program = [Environment]::ProcessPath
        $prefix = @(if ([IO.Path]::GetFileNameWithoutExtension($program) -eq 'dotnet') { Join-Path $PSHOME 'pwsh.dll' })
        $all = @{ PSModulePath = $modules; JOURNAL_STREAM = $null; BORGREPO_HOOK = $null }
        foreach ($name in $Environment.Keys) {
            $all[$name] = $Environment[$name]
        }
        $before = @{}
        foreach ($name in $all.Keys) {
            $before[$name] = [Environment]::GetEnvironmentVariable($name)
            [Environment]::SetEnvironmentVariable($name, $all[$name])
        }
        try {
            $lines = @(& $program @prefix -NoProfile -NonInteractive @Arguments 2>&1 | ForEach-Object { "$_" })
            [pscustomobject]@{ Code = $LASTEXITCODE; Lines = $lines }
        } finally {
            foreach ($name in $before.Keys) {
                [Environment]::SetEnvironmentVariable($name, $before[$name])
            }
        }
    }

    function Invoke-Check([string[]] $Arguments, [hashtable] $Environment = @{}) {
        Invoke-Scheduled (@('-File', (Join-Path $schedule 'check.ps1')) + $Arguments) $Environment
    }

    function Invoke-Watch([string[]] $Arguments, [hashtable] $Environment = @{}) {
        Invoke-Scheduled (@('-File', (Join-Path $schedule 'watch.ps1')) + $Arguments) $Environment
    }

    function New-DamagedRepository {
        $path = New-TestRepository
        Edit-Segment $path 0 60
        $path
    }
}

Describe 'check.ps1' {
    It 'ends with 0 and one line for a sound repository' {
        $path = New-TestRepository
        $run = Invoke-Check $path
        $run.Code | Should -Be 0
        $run.Lines | Should -HaveCount 1
        $run.Lines[0] | Should -Match "^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ INFORMATION $([regex]::Escape($path)): check: Sound, 2 segments, "
        Test-Unlocked $path | Should -BeTrue
    }

    It 'ends with 2 for damage, names it, and goes on to the next' {
        $damaged = New-DamagedRepository
        $sound = New-TestRepository
        $run = Invoke-Check $damaged, $sound
        $run.Code | Should -Be 2
        $run.Lines | Where-Object { $_ -match "DAMAGE $([regex]::Escape($damaged)): " } | Should -Not -BeNullOrEmpty
        $run.Lines[-1] | Should -Match "INFORMATION $([regex]::Escape($sound)): check: Sound"
    }

    It 'ends with 3 if one cannot be checked, however it is with the others' {
        $locked = New-TestRepository
        $session = Open-BorgRepository $locked -Exclusive
        $run = Invoke-Check (New-DamagedRepository), $locked, (Join-Path $TestDrive 'nowhere'), '-LockMinutes', '0'
        $session.Dispose()
        $run.Code | Should -Be 3
        @($run.Lines | Where-Object { $_ -match ' FAILURE ' }).Count | Should -Be 2
        $run.Lines | Where-Object { $_ -match "nowhere: .*does not exist" } | Should -Not -BeNullOrEmpty
    }

    It 'ends with 3 if the module is not installed' {
        (Invoke-Check (New-TestRepository) @{ PSModulePath = New-TestFolder }).Code | Should -Be 3
    }

    It 'takes wildcards, in parts of an hour at a time' {
        $first = New-TestRepository
        $run = Invoke-Check (Join-Path (Split-Path $first) '*'), '-MaxMinutes', '1'
        $run.Code | Should -Be 0
        $run.Lines[0] | Should -Match 'check: (PartlyChecked|Sound)'
    }

    It 'tells the journal of systemd how important each line is' {
        $run = Invoke-Check (New-DamagedRepository) @{ JOURNAL_STREAM = '8:1' }
        $run.Code | Should -Be 2
        $run.Lines | Where-Object { $_ -notmatch '^<[346]>/' } | Should -BeNullOrEmpty
        $run.Lines[-1] | Should -Match '^<3>.*check: Damaged'
    }

    It 'prints no escape characters and one line for each event' {
        $run = Invoke-Check (New-DamagedRepository)
        $run.Lines | Where-Object { $_ -notmatch '^\d{4}-' -or $_.Contains([char]27) } | Should -BeNullOrEmpty
    }
}

Describe 'watch.ps1' {
    It 'ends with 0 for a repository in order, and writes nothing to it' {
        $path = New-TestRepository
        $before = Get-TreeState $path
        $run = Invoke-Watch $path
        $run.Lines | Should -Match "INFORMATION $([regex]::Escape($path)): in order: transaction 1, 3 objects"
        $run.Code | Should -Be 0
        Get-TreeState $path | Should -Be $before
    }

    It 'ends with 1 if the last backup is too old' {
        $path = New-TestRepository
        Get-ChildItem -LiteralPath (Join-Path $path 'data') -Recurse -File | ForEach-Object { $_.LastWriteTimeUtc = [datetime]::UtcNow.AddHours(-30) }
        $run = Invoke-Watch $path
        $run.Code | Should -Be 1
        $run.Lines | Should -Match 'WARNING .*TooOld: nothing was written for 30 hours'
        (Invoke-Watch $path, '-MaxAgeHours', '31').Code | Should -Be 0
    }

    It 'ends with 2 for a segment that does not read to its end, and 3 for none at all' {
        $path = New-TestRepository
        $file = Get-SegmentPath $path 0
        [IO.File]::WriteAllBytes($file, [IO.File]::ReadAllBytes($file)[0..99])
        (Invoke-Watch $path).Code | Should -Be 2
        (Invoke-Watch $path, (Join-Path $TestDrive 'nowhere')).Code | Should -Be 3
    }

    It 'makes a file for Prometheus in one step' {
        $folder = New-TestFolder
        $path = New-TestRepository
        (Invoke-Watch $path, '-Prometheus', (Join-Path $folder 'borg.prom')).Code | Should -Be 0
        (Get-ChildItem -LiteralPath $folder -Force).Name | Should -Be 'borg.prom'
        # Free space and time change meanwhile: names and labels do not.
        $written, $expected = (Get-Content -LiteralPath (Join-Path $folder 'borg.prom') -Raw), (Measure-BorgRepository $path -NoLock -AsPrometheus) |
            ForEach-Object { $_ -replace '(?m) [\d.e+-]+$' }
        $written | Should -BeExactly $expected
        $written | Should -Match '(?m)^# HELP '
    }

    It 'tells a web hook what is wrong, and only then' {
        $listener = [Net.HttpListener]::new()
        $port = & {
            $probe = [Net.Sockets.TcpListener]::new([Net.IPAddress]::Loopback, 0)
            $probe.Start()
            $probe.LocalEndpoint.Port
            $probe.Stop()
        }
        $listener.Prefixes.Add("http://127.0.0.1:$port/")
        $listener.Start()
        try {
            $call = $listener.GetContextAsync()
            $script = Join-Path $schedule 'notify-webhook.ps1'
            $hook = @{ BORGREPO_HOOK = "http://127.0.0.1:$port/hook" }
            (Invoke-Watch (New-TestRepository), '-Notify', $script $hook).Code | Should -Be 0
            $call.IsCompleted | Should -BeFalse

            $nowhere = Join-Path $TestDrive 'nowhere'
            $answer = Start-ThreadJob {
                $context = ($using:call).GetAwaiter().GetResult()
                [IO.StreamReader]::new($context.Request.InputStream).ReadToEnd()
                $context.Response.Close()
            }
            (Invoke-Watch $nowhere, '-Notify', $script $hook).Code | Should -Be 3
            $sent = $answer | Receive-Job -Wait -AutoRemoveJob | ConvertFrom-Json
            $sent.title | Should -BeLike 'State of borg repositories on *'
            $sent.problems[0].Severity | Should -Be 'Failure'
            $sent.problems[0].Repository | Should -Be $nowhere
            $sent.text | Should -Match '^Failure: .*does not exist'
        } finally {
            $listener.Stop()
        }
    }

    It 'ends with 3 if nobody can be told' {
        $run = Invoke-Watch (New-DamagedRepository), '-MaxAgeHours', '0.0000001', '-Notify', (Join-Path $schedule 'notify-webhook.ps1')
        $run.Code | Should -Be 3
        $run.Lines[-1] | Should -Match 'nobody was told: BORGREPO_HOOK'
    }
}

Describe 'PowerShell itself' {
    It 'ends as about_BorgRepo_Automation says: <Because>' -ForEach @(
        @{ Because = 'findings are no errors'; Code = 0; Command = 'Invoke-BorgRepoCheck ./damaged' }
        @{ Because = 'the last command had an error'; Code = 1; Command = 'Invoke-BorgRepoCheck ./nowhere' }
        @{ Because = 'another one had it'; Code = 0; Command = 'Invoke-BorgRepoCheck ./nowhere; "done"' }
        @{ Because = 'it was asked for'; Code = 2; Command = '$result = Invoke-BorgRepoCheck ./damaged | Select-Object -Last 1; if (-not $result.Passed) { exit 2 }' }
        @{ Because = 'nobody can answer'; Code = 1; Command = 'Remove-BorgRepository ./damaged' }
    ) {
        $damaged = New-DamagedRepository
        $folder = New-TestFolder
        Copy-Item -LiteralPath $damaged -Destination (Join-Path $folder 'damaged') -Recurse
        (Invoke-Scheduled @('-Command', "Set-Location -LiteralPath '$folder'; $Command")).Code | Should -Be $Code
        Test-BorgRepository (Join-Path $folder 'damaged') | Should -BeTrue
    }
}

Describe 'The definitions for schedulers' {
    It 'make a task of Windows whose XML means what was asked for' {
        $text = & (Join-Path $schedule 'register-task.ps1') -Path 'D:\Backups & more\server1' -Day Monday -Hour 4 -AsXml
        $task = ([xml]$text).Task
        $task.NamespaceURI | Should -Be 'http://schemas.microsoft.com/windows/2004/02/mit/task'
        $task.Triggers.CalendarTrigger.StartBoundary | Should -Be '2026-01-01T04:00:00'
        $task.Triggers.CalendarTrigger.ScheduleByWeek.DaysOfWeek.FirstChild.LocalName | Should -Be 'Monday'
        $task.Principals.Principal.UserId | Should -Be 'S-1-5-19'
        $task.Actions.Exec.Arguments | Should -BeLike '-NoProfile -NonInteractive -File "*check.ps1" "D:\Backups & more\server1" -MaxMinutes 240 -EventLog'
        $named = [regex]::Match($task.Actions.Exec.Arguments, '-File "(.+?)"').Groups[1].Value
        Test-Path -LiteralPath $named | Should -BeTrue
    }

    It 'refuse to register one elsewhere' -Skip:$IsWindows {
        { & (Join-Path $schedule 'register-task.ps1') -Path '/backups/server1' } | Should -Throw '*Only Windows*'
    }

    It 'are units that systemd takes' {
        $verifier = Get-Command -Name systemd-analyze -CommandType Application -ErrorAction Ignore | Select-Object -First 1
        if (-not $verifier) {
            Set-ItResult -Skipped -Because 'there is no systemd-analyze'
        }
        $folder = New-TestFolder
        # What it cannot know: whether PowerShell is installed there.
        foreach ($file in Get-ChildItem -LiteralPath $schedule -Filter 'borgrepo-check@*') {
            (Get-Content -LiteralPath $file.FullName -Raw).Replace('/usr/bin/pwsh', '/bin/true') |
                Set-Content -LiteralPath (Join-Path $folder $file.Name.Replace('@', '@server1')) -NoNewline
        }
        $units = (Get-ChildItem -LiteralPath $folder).FullName
        $printed = & $verifier.Path verify --recursive-errors=no --man=no @units 2>&1 | ForEach-Object { "$_" }
        $LASTEXITCODE | Should -Be 0 -Because ($printed -join "`n")
        $printed | Where-Object { $_ -match 'borgrepo' } | Should -BeNullOrEmpty
    }

    It 'are lines that cron takes, and name scripts and parameters that exist' {
        $jobs = Get-Content -LiteralPath (Join-Path $schedule 'borgrepo.cron') | Where-Object { $_ -match '^[\d*]' }
        $jobs | Should -HaveCount 2
        $jobs | Should -Match '^([\d*/,-]+ +){5}\w+ +\S'
        $lines = @($jobs) + @(Get-Content -LiteralPath (Join-Path $schedule 'borgrepo-check@.service') | Where-Object { $_ -match '^ExecStart=' })
        foreach ($line in $lines) {
            # cron takes % for the end of a line.
            $line -match '^[\d*].*%' | Should -BeFalse
            $line -match '-File /usr/local/lib/borgrepo/(\w+\.ps1)' | Should -BeTrue
            $command = Get-Command (Join-Path $schedule $Matches[1])
            [regex]::Matches($line.Substring($line.IndexOf('.ps1')), ' -(\w+)') | ForEach-Object { $_.Groups[1].Value | Should -BeIn $command.Parameters.Keys }
        }
    }
}
