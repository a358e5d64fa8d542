#Requires -Version 7.6
<#
.SYNOPSIS
My backup repository is healthy: tests for Pester 5 or later.
.EXAMPLE
$container = New-PesterContainer -Path ./RepositoryHealth.Tests.ps1 -Data @{ Path = '/srv/backup/*'; MaxAgeHours = 26 }
Invoke-Pester -Container $container -Output Detailed
.NOTES
Writes nothing, but waits for a backup that is running, and a backup waits while the check reads. Needs BorgRepo on the module
path, or imported.
#>
param(
    # Repositories; wildcards are expanded.
    [Parameter(Mandatory)]
    [string[]] $Path,

    # The last backup is not older than this.
    [int] $MaxAgeHours = 26,

    # What has to be free on the volume.
    [long] $MinFreeBytes = 10GB,

    # Seconds to wait for somebody's lock.
    [int] $LockWait = 600,

    # Warnings of Measure-BorgRepository that are all right here.
    [string[]] $AllowedWarning = @('Reclaimable', 'CommitOnlySegments', 'TinySegments')
)

BeforeDiscovery {
    # What is not found is a test that fails, not one that is missing.
    $repositories = foreach ($item in $Path) {
        $found = @(Resolve-Path -Path $item -ErrorAction Ignore | Where-Object { Test-BorgRepository -LiteralPath $_.ProviderPath -Quick })
        if ($found) { $found.ProviderPath } else { $item }
    }
}

Describe 'The repository <_>' -ForEach $repositories {
    BeforeAll {
        $repository = $_
        $health = Measure-BorgRepository -LiteralPath $repository -LockWait $LockWait -ErrorAction SilentlyContinue -ErrorVariable problem
    }

    It 'can be read' {
        $problem | Should -BeNullOrEmpty
        $health | Should -Not -BeNullOrEmpty
    }

    It 'was written to in the last <MaxAgeHours> hours' {
        $health.TransactionTime | Should -Not -BeNullOrEmpty -Because 'there should be a backup'
        $health.TransactionTime | Should -BeGreaterThan ([datetime]::UtcNow.AddHours(-$MaxAgeHours))
    }

    It 'gives no warning' {
        $health | Should -Not -BeNullOrEmpty
        $health.Warnings | Where-Object Code -NotIn $AllowedWarning | Should -BeNullOrEmpty
    }

    It 'has room for the next backup' {
        $health.FreeVolumeBytes | Should -BeGreaterThan $MinFreeBytes
    }

    It 'is sound, every byte of it' {
        $found = Invoke-BorgRepoCheck -LiteralPath $repository -LockWait $LockWait -WarningAction SilentlyContinue
        $found | Where-Object { $_ -is [BorgRepo.BorgCheckFinding] -and $_.Severity -ne 'Information' } | Should -BeNullOrEmpty
        ($found | Select-Object -Last 1).Passed | Should -BeTrue
    }
}
