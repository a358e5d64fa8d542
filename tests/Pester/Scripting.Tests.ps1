#Requires -Version 7.6

# Manners towards scripts: every cmdlet works under strict mode, without anybody to answer, in other runspaces and in jobs,
# and what it emits makes JSON that ends.

BeforeDiscovery {
    # One line for each cmdlet, run in a fresh folder of New-ExampleFolder.ps1. Start-BorgServer is left out: it speaks with the
    # standard streams of its process (Server.Tests.ps1).
    $lines = [ordered]@{
        'Close-BorgRepository' = '$s = Open-BorgRepository ./repo; Close-BorgRepository $s'
        'Compare-BorgRepository' = 'Compare-BorgRepository ./repo ./other -IncludeEqual'
        'Complete-BorgTransaction' = '$s = Open-BorgRepository ./repo; $null = Set-BorgObject $s ("aa" * 32) ([byte[]]1); Complete-BorgTransaction $s; $s.Dispose()'
        'Compress-BorgSegments' = 'Get-BorgObject ./repo -First 1 | Remove-BorgObject; $r = Compress-BorgSegments ./repo -All; $r; $r.Segments'
        'Copy-BorgObject' = 'Copy-BorgObject ./repo ./other'
        'Copy-BorgRepository' = '$r = Copy-BorgRepository ./repo ./copy; $r; $r.Segments'
        'Export-BorgObject' = 'Export-BorgObject ./repo ./out'
        'Export-BorgReport' = 'Export-BorgReport ./repo ./r.html'
        'Get-BorgLock' = 'Get-BorgLock ./locked'
        'Get-BorgObject' = 'Get-BorgObject ./repo -Content'
        'Get-BorgRepository' = 'Get-BorgRepository . -Recurse'
        'Get-BorgRepositoryKey' = 'Get-BorgRepositoryKey ./repo'
        'Get-BorgSegment' = 'Get-BorgSegment ./repo'
        'Get-BorgSegmentEntry' = 'Get-BorgSegmentEntry ./repo'
        'Get-BorgTransaction' = 'Get-BorgTransaction ./repo'
        'Import-BorgObject' = 'Import-BorgObject ./repo ./files/*'
        'Invoke-BorgRepoCheck' = '$b = [IO.File]::ReadAllBytes("$PWD/repo/data/0/0"); $b[55] = $b[55] -bxor 1; [IO.File]::WriteAllBytes("$PWD/repo/data/0/0", $b); $r = @(Invoke-BorgRepoCheck ./repo -Repair -Confirm:$false -WarningAction SilentlyContinue); $r'
        'Measure-BorgRepository' = 'Measure-BorgRepository ./repo, ./other'
        'New-BorgRepository' = 'New-BorgRepository ./new'
        'Open-BorgRepository' = '$s = Open-BorgRepository ./repo; $s; $s.Dispose()'
        'Remove-BorgObject' = 'Remove-BorgObject ./repo ("01" * 32)'
        'Remove-BorgRepository' = 'Remove-BorgRepository ./repo -Confirm:$false'
        'Restore-BorgTransaction' = 'Restore-BorgTransaction ./repo 3 -Force -Confirm:$false'
        'Set-BorgObject' = 'Set-BorgObject ./repo ("aa" * 32) ([byte[]](1, 2))'
        'Set-BorgRepository' = 'Set-BorgRepository ./repo -StorageQuota 1GB'
        'Set-BorgRepositoryKey' = 'Set-BorgRepositoryKey ./repo text -Force'
        'Show-BorgSegmentMap' = 'Get-BorgSegment ./repo | Show-BorgSegmentMap'
        'Test-BorgObject' = 'Test-BorgObject ./repo ("01" * 32)'
        'Test-BorgRepository' = 'Test-BorgRepository ./repo'
        'Undo-BorgTransaction' = '$s = Open-BorgRepository ./repo; $null = Set-BorgObject $s ("aa" * 32) ([byte[]]1); Undo-BorgTransaction $s; $s.Dispose()'
        'Unlock-BorgRepository' = 'Unlock-BorgRepository ./locked -Confirm:$false'
    }
    $cases = $lines.Keys | ForEach-Object { @{ Name = $_; Code = $lines[$_] } }
}

BeforeAll {
    . (Join-Path $PSScriptRoot 'Fixture.ps1')
    $template = New-TestFolder 'template'
    & (Join-Path $PSScriptRoot 'New-ExampleFolder.ps1') -Path $template

    function New-Work {
        $folder = Join-Path $TestDrive ([guid]::NewGuid().ToString('N'))
        Copy-Item -LiteralPath $template -Destination $folder -Recurse
        $folder
    }

    # Name, and how much came out or what went wrong: the same everywhere.
    $run = {
        param($Case, $Manifest)
        Set-StrictMode -Version Latest
        $ErrorActionPreference = 'Stop'
        Import-Module $Manifest
        Set-Location -LiteralPath $Case.Folder
        try {
            $count = @(. ([scriptblock]::Create($Case.Code))).Count
            "$($Case.Name) $count"
        } catch {
            "$($Case.Name) $_"
        }
    }
}

Describe '<Name>' -ForEach $cases {
    BeforeAll {
        $folder = New-Work
        $shell = New-Shell "Set-StrictMode -Version Latest; `$ErrorActionPreference = 'Stop'; Set-Location -LiteralPath '$folder'; $Code"
        $output = @($shell.Invoke())
        $problems = @($shell.Streams.Error)
        $warnings = @($shell.Streams.Warning)
    }

    AfterAll {
        $shell.Dispose()
    }

    It 'works under strict mode, without a host that could ask' {
        $problems | Should -BeNullOrEmpty
        $warnings | Should -BeNullOrEmpty
        # Views and type data hold script that could fail too.
        foreach ($view in 'Format-Table', 'Format-List') {
            { Set-StrictMode -Version Latest; $output | & $view | Out-String -ErrorAction Stop } | Should -Not -Throw
        }
    }

    It 'emits only what it declares, and that makes short JSON at the default depth' {
        $declared = @((Get-Command -Module BorgRepo -Name $Name).OutputType.Name)
        foreach ($item in $output) {
            $type = $item.PSObject.BaseObject.GetType().FullName
            if ($type -in 'BorgRepo.BorgCopiedSegment', 'BorgRepo.BorgCompactedSegment') {
                $declared += $type
            }
            $type | Should -BeIn $declared
            if ($type -eq 'System.IO.FileInfo') { continue }
            $json = $item | ConvertTo-Json -WarningVariable said -WarningAction SilentlyContinue
            $said | Should -BeNullOrEmpty -Because $json
            $json.Length | Should -BeLessThan 5000
            $json | Should -Not -Match '"(Repository|Source)":'
            { $json | ConvertFrom-Json } | Should -Not -Throw
        }
    }

    It 'leaves no lock behind' {
        foreach ($path in Get-ChildItem -LiteralPath $folder -Directory | Where-Object Name -NotIn 'locked', 'files', 'out') {
            Test-Unlocked $path.FullName | Should -BeTrue
        }
    }
}

Describe 'All cmdlets' -ForEach @{ All = $cases } {
    BeforeAll {
        $text = $run.ToString()
        $expected = $All | ForEach-Object { @{ Folder = New-Work } + $_ } | ForEach-Object -ThrottleLimit 4 -Parallel {
            & ([scriptblock]::Create($using:text)) $_ $using:manifestPath
        } | Sort-Object
    }

    It 'are in the list' {
        @($All.Name) + 'Start-BorgServer' | Sort-Object | Should -Be ((Get-Command -Module BorgRepo -CommandType Cmdlet).Name | Sort-Object)
    }

    It 'work in ForEach-Object -Parallel' {
        $expected.Count | Should -Be $All.Count
        $expected | Should -Match '^\S+ \d+$'
    }

    It 'work in Start-ThreadJob' {
        $work = $All | ForEach-Object { @{ Folder = New-Work } + $_ }
        $jobs = $work | ForEach-Object { Start-ThreadJob -ThrottleLimit 4 -ArgumentList $_, $manifestPath, $text -ScriptBlock { param($case, $manifest, $text) & ([scriptblock]::Create($text)) $case $manifest } }
        try {
            $jobs | Receive-Job -Wait | Sort-Object | Should -Be $expected
        } finally {
            $jobs | Remove-Job -Force
        }
    }

    It 'work in a process that cannot ask, and do not wait for an answer where one is needed' {
        $needed = 'Remove-BorgRepository ./repo', 'Unlock-BorgRepository ./locked', 'Restore-BorgTransaction ./repo 3 -Force', 'Set-BorgRepositoryKey ./repo text -Confirm:$false'
        $work = @($All | ForEach-Object { @{ Folder = New-Work } + $_ }) + @($needed | ForEach-Object { @{ Folder = New-Work; Name = 'refused'; Code = $_ } })
        $refused = $work | Where-Object Name -EQ 'refused'
        $before = $refused | ForEach-Object { Get-TreeState $_.Folder -ContentOnly }
        $list = Join-Path (New-TestFolder) 'cases.json'
        ConvertTo-Json -InputObject $work | Set-Content -LiteralPath $list
        $script = Join-Path (Split-Path $list) 'run.ps1'
        Set-Content -LiteralPath $script -Value "foreach (`$case in Get-Content -LiteralPath '$list' -Raw | ConvertFrom-Json -AsHashtable) { & {$run} `$case '$manifestPath' }"
        $program = [Environment]::ProcessPath
        $prefix = @(if ([IO.Path]::GetFileNameWithoutExtension($program) -eq 'dotnet') { Join-Path $PSHOME 'pwsh.dll' })
        $printed = @(& $program @prefix -NoProfile -NonInteractive -File $script 2>&1 | ForEach-Object { "$_" })
        $LASTEXITCODE | Should -Be 0
        $printed[0..($All.Count - 1)] | Sort-Object | Should -Be $expected
        $printed[-4..-2] | Should -Match '^refused .*NonInteractive'
        $printed[-1] | Should -Match '^refused .*-Force replaces it'
        $refused | ForEach-Object { Get-TreeState $_.Folder -ContentOnly } | Should -Be $before
    }
}
