#Requires -Version 7.6

# The ready files of docs/examples do what they promise: on sound, damaged, locked and missing repositories, here and through
# PowerShell's remoting over ssh.

BeforeAll {
    . (Join-Path $PSScriptRoot 'Fixture.ps1')
    . (Join-Path $PSScriptRoot 'Vectors.ps1')
    $examples = Join-Path $root 'docs/examples'
    $fleetCheck = Join-Path $examples 'Invoke-FleetCheck.ps1'
    $program = [Environment]::ProcessPath
    $prefix = @(if ([IO.Path]::GetFileNameWithoutExtension($program) -eq 'dotnet') { Join-Path $PSHOME 'pwsh.dll' })

    # A folder with a sound, a damaged and a locked repository, and something that is none.
    function New-Fleet {
        $folder = New-TestFolder
        Move-Item -LiteralPath (New-TestRepository) -Destination (Join-Path $folder 'sound [1]')
        $null = New-Item -ItemType Directory -Path (Join-Path $folder 'below'), (Join-Path $folder 'none')
        $damaged = Join-Path $folder 'below/damaged'
        Move-Item -LiteralPath (New-TestRepository) -Destination $damaged
        Edit-Segment $damaged 0 55
        $locked = Join-Path $folder 'locked'
        Move-Item -LiteralPath (New-TestRepository) -Destination $locked
        $null = New-Item -ItemType Directory -Path (Join-Path $locked 'lock.exclusive')
        $null = New-Item -ItemType File -Path (Join-Path $locked 'lock.exclusive/backup.example.org@1.4711-0')
        $folder
    }

    function Assert-Fleet($Fleet, [string] $Folder) {
        $Fleet = $Fleet | Sort-Object Path
        $Fleet.Path | Should -Be (Join-Path $Folder 'below' 'damaged'), (Join-Path $Folder 'locked'), (Join-Path $Folder 'sound [1]')
        $Fleet.Check | Should -Be 'Damaged', 'Failed', 'Sound'
        $Fleet.Computer | Sort-Object -Unique | Should -Be ([Environment]::MachineName)
        $Fleet[0].Problem | Should -Match 'ChecksumMismatch'
        $Fleet[1].Healthy | Should -BeFalse
        $Fleet[1].Problem | Should -Match 'backup.example.org'
        $Fleet[2].Problem | Should -BeNullOrEmpty
        $Fleet[2].Objects | Should -Be 3
    }
}

Describe 'RepositoryHealth.Tests.ps1' {
    BeforeAll {
        # Pester in Pester shares state: the user's run is a process of its own. One run for all cases, for it takes seconds.
        function Invoke-HealthTest([hashtable[]] $Data) {
            $script = Join-Path (New-TestFolder) 'run.ps1'
            $out = Join-Path (Split-Path $script) 'out.json'
            Set-Content -LiteralPath $script -Value @"
`$ErrorActionPreference = 'Stop'
Import-Module '$manifestPath'
Import-Module '$((Get-Module Pester).Path -replace 'psm1$', 'psd1')'
`$data = '$(($Data | ConvertTo-Json -Compress -AsArray) -replace "'", "''")' | ConvertFrom-Json -AsHashtable
`$results = foreach (`$item in `$data) {
    `$run = Invoke-Pester -Container (New-PesterContainer -Path '$examples/RepositoryHealth.Tests.ps1' -Data `$item) -Output None -PassThru
    @{ Passed = `$run.PassedCount; Failed = @(`$run.Failed.ExpandedPath); Broken = `$run.FailedBlocksCount + `$run.FailedContainersCount }
}
ConvertTo-Json -InputObject @(`$results) -Depth 4 | Set-Content -LiteralPath '$out'
"@
            $printed = & $program @prefix -NoProfile -NonInteractive -File $script 2>&1
            $LASTEXITCODE | Should -Be 0 -Because "$printed"
            Get-Content -LiteralPath $out -Raw | ConvertFrom-Json
        }
    }

    It 'passes for healthy repositories and names what is wrong with others' {
        $fleet = New-Fleet
        $sound = New-TestRepository
        $stale = Expand-Vector 'quota-set'
        $options = @{ MinFreeBytes = 1; LockWait = 0 }
        $results = Invoke-HealthTest @(
            (@{ Path = @($sound, (Join-Path $fleet 'sound*')) } + $options)
            (@{ Path = @(Join-Path $fleet '*') } + $options)
            (@{ Path = @((Join-Path $fleet 'below' '*'), (Join-Path $fleet 'nothing')) } + $options)
            @{ Path = @($stale); MaxAgeHours = 1; MinFreeBytes = 1PB; LockWait = 0 }
        )
        $results.Broken | Should -Be 0, 0, 0, 0
        $results[0].Failed | Should -BeNullOrEmpty
        $results[0].Passed | Should -Be 10
        $results[1].Failed | Should -Contain "The repository $(Join-Path $fleet 'locked').can be read"
        $results[1].Failed -match 'sound \[' | Should -BeNullOrEmpty
        $results[2].Failed | Should -Contain "The repository $(Join-Path $fleet 'below' 'damaged').is sound, every byte of it"
        $results[2].Failed | Should -Contain "The repository $(Join-Path $fleet 'nothing').can be read"
        $results[3].Failed | Should -Contain "The repository $stale.was written to in the last 1 hours"
        $results[3].Failed | Should -Contain "The repository $stale.has room for the next backup"
        $results[3].Failed | Should -Contain "The repository $stale.gives no warning"
        $results[3].Failed | Should -Not -Contain "The repository $stale.can be read"
    }
}

Describe 'Invoke-FleetCheck.ps1' {
    It 'checks everything below a folder in parallel, leaves nothing out, and writes a page' {
        $folder = New-Fleet
        $page = Join-Path (New-TestFolder) 'fleet.html'
        $fleet = & $fleetCheck -Path $folder -Module $manifestPath -Report $page
        Assert-Fleet $fleet $folder
        ($fleet | Where-Object Check -EQ 'Sound') | Should -BeOfType BorgRepo.BorgHealth
        $text = Get-Content -LiteralPath $page -Raw
        $text | Should -Match '3 repositories, 2 need attention'
        $text.IndexOf('sound [1]') | Should -BeGreaterThan $text.IndexOf('damaged') -Because 'what needs attention comes first'
        $text | Should -Not -Match '(?i)https?://(?!www\.w3\.org)|<script|<link'
        Test-Unlocked (Join-Path $folder 'sound [1]') | Should -BeTrue
    }

    It 'checks a part of each with -MaxDuration' {
        $folder = New-TestFolder
        Move-Item -LiteralPath (New-TestRepository) -Destination (Join-Path $folder 'one')
        (& $fleetCheck -Path $folder -Module $manifestPath -MaxDuration 60).Check | Should -BeIn 'Sound', 'PartlyChecked'
    }
}

Describe 'Remoting over ssh' {
    BeforeAll {
        # An sshd on the loopback address with a port and keys of its own, whose PowerShell is the one that runs this.
        $reason = ''
        $server = $null
        $session = $null
        $sshd = '/usr/sbin/sshd', '/usr/bin/sshd', '/usr/local/sbin/sshd' | Where-Object { Test-Path -LiteralPath $_ } | Select-Object -First 1
        if ($IsWindows) {
            $reason = 'the test knows only how sshd is set up on Unix'
        } elseif (-not $sshd -or -not (Get-Command -Name ssh, ssh-keygen -CommandType Application -ErrorAction Ignore)) {
            $reason = 'there is no sshd or no ssh'
        } else {
            $keys = New-TestFolder
            foreach ($name in 'host', 'user') {
                & ssh-keygen -q -t ed25519 -N '' -f (Join-Path $keys $name)
            }
            Copy-Item -LiteralPath (Join-Path $keys 'user.pub') -Destination (Join-Path $keys 'authorized')
            $listener = [Net.Sockets.TcpListener]::new([Net.IPAddress]::Loopback, 0)
            $listener.Start()
            $port = $listener.LocalEndpoint.Port
            $listener.Stop()
            Set-Content -LiteralPath (Join-Path $keys 'known') -Value "[127.0.0.1]:$port $(Get-Content -LiteralPath (Join-Path $keys 'host.pub'))"
            Set-Content -LiteralPath (Join-Path $keys 'config') -Value @"
Port $port
ListenAddress 127.0.0.1
HostKey $keys/host
AuthorizedKeysFile $keys/authorized
PidFile none
UsePAM no
StrictModes no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
Subsystem powershell $(@($program) + $prefix -join ' ') -sshs -NoLogo -NoProfile
"@
            if ((& id -u) -eq 0) {
                $null = New-Item -ItemType Directory -Path '/run/sshd' -Force
            }
            $start = [Diagnostics.ProcessStartInfo]::new($sshd)
            foreach ($argument in '-D', '-e', '-f', (Join-Path $keys 'config')) {
                $start.ArgumentList.Add($argument)
            }
            $start.RedirectStandardError = $true
            $server = [Diagnostics.Process]::Start($start)
            $said = ''
            while ($said -notmatch 'Server listening' -and $null -ne ($line = $server.StandardError.ReadLine())) {
                $said += "$line`n"
            }
            $null = $server.StandardError.BaseStream.CopyToAsync([IO.Stream]::Null)
            $said | Should -Match 'Server listening'
            $options = @{ UserKnownHostsFile = "$keys/known"; BatchMode = 'yes'; IdentitiesOnly = 'yes' }
            $session = New-PSSession -HostName 127.0.0.1 -Port $port -KeyFilePath "$keys/user" -Options $options -ConnectingTimeout 60000 -ErrorAction Stop
            Invoke-Command -Session $session -ScriptBlock { Import-Module $using:manifestPath }
        }

        function Test-Session {
            if ($reason) {
                Set-ItResult -Skipped -Because $reason
            }
            -not $reason
        }
    }

    AfterAll {
        if ($session) {
            Remove-PSSession -Session $session
        }
        if ($server) {
            $server.Kill($true)
            $server.WaitForExit()
            $server.Dispose()
        }
    }

    It 'gives objects that name their repository by path: <Code>' -ForEach @(
        @{ Code = 'Get-BorgRepository -LiteralPath $path' }
        @{ Code = 'Measure-BorgRepository -LiteralPath $path' }
        @{ Code = 'Get-BorgObject -LiteralPath $path' }
        @{ Code = 'Get-BorgSegment -LiteralPath $path' }
        @{ Code = 'Get-BorgTransaction -LiteralPath $path' }
        @{ Code = 'Invoke-BorgRepoCheck -LiteralPath $path' }
        @{ Code = 'Open-BorgRepository -LiteralPath $path -ReadOnly | ForEach-Object { $_; $_.Dispose() }' }
    ) {
        if (-not (Test-Session)) { return }
        $path = New-TestRepository -Name 'with [brackets]'
        $objects = @(Invoke-Command -Session $session -ScriptBlock { param($path, $code) & ([scriptblock]::Create($code)) } -ArgumentList $path, $Code)
        $objects.Count | Should -BeGreaterThan 0
        foreach ($item in $objects) {
            $item.PSObject.TypeNames[0] | Should -BeLike 'Deserialized.BorgRepo.*'
            ($item | Get-BorgRepository).Path | Should -Be $path
        }
    }

    It 'gives objects that bind here where only the path is the same' {
        if (-not (Test-Session)) { return }
        $path = New-TestRepository
        $object = Invoke-Command -Session $session -ScriptBlock { Get-BorgObject -LiteralPath $using:path -Id ('02' * 32) }
        Get-Text ($object | Get-BorgObject -Content).Data | Should -Be 'object 02'
        $health = Invoke-Command -Session $session -ScriptBlock { Measure-BorgRepository -LiteralPath $using:path }
        $health.PSComputerName | Should -Be '127.0.0.1'
        $health.MeasuredAt | Should -BeOfType datetime
        (Export-BorgReport -Repository $health (Join-Path (New-TestFolder) 'r.html')).Length | Should -BeGreaterThan 1000
    }

    It 'gathers the health of a fleet in one report' {
        if (-not (Test-Session)) { return }
        $folder = New-Fleet
        $page = Join-Path (New-TestFolder) 'fleet.html'
        $fleet = & $fleetCheck -Path $folder -Session $session -Module $manifestPath -Report $page
        Assert-Fleet $fleet $folder
        $fleet.PSComputerName | Sort-Object -Unique | Should -Be '127.0.0.1'
        Get-Content -LiteralPath $page -Raw | Should -Match '3 repositories, 2 need attention'
    }

    It 'passes errors on with their ids' {
        if (-not (Test-Session)) { return }
        $problem = Get-ErrorOf { Invoke-Command -Session $session -ScriptBlock { Get-BorgRepository -LiteralPath /no/such/place } }
        Get-ShortId $problem | Should -Be 'RepositoryNotFound'
    }
}
