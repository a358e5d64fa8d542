#Requires -Version 7.6

# How objects, paths and sessions travel from one cmdlet to the next.

BeforeAll {
    . (Join-Path $PSScriptRoot 'Fixture.ps1')
}

Describe 'What a cmdlet emits' {
    It 'names its repository to the next one' {
        $path = New-TestRepository
        Get-BorgRepository $path | Get-BorgObject | Should -HaveCount 3
        Get-BorgObject $path | Get-BorgObject -Content | ForEach-Object { Get-Text $_.Data } | Sort-Object | Should -Be 'object 01', 'object 02', 'object 03'
        Get-BorgObject $path -First 1 | Get-BorgRepository | ForEach-Object Path | Should -Be $path
        $session = Open-BorgRepository $path
        $session | Get-BorgObject | Test-BorgObject | Should -Be $true, $true, $true
        (Get-BorgObject $session -First 1).Repository | Should -Be $session
        Get-BorgLock $path | Get-BorgRepository | ForEach-Object LockState | Should -Be 'Shared'
        Close-BorgRepository $session
    }

    It 'is used with the session it came from, which still has the lock' {
        $path = New-TestRepository
        $session = Open-BorgRepository $path -Exclusive
        Get-BorgObject $session | Where-Object Id -NE (Get-Id '02') | Remove-BorgObject
        @(Get-BorgObject $session).Count | Should -Be 1
        $session | Complete-BorgTransaction | ForEach-Object Objects | Should -Be 1
        $session | Close-BorgRepository
    }

    It 'keeps the reference out of sight' {
        $object = Get-BorgObject (New-TestRepository) -First 1
        ($object | Get-Member -MemberType Properties).Name | Should -Be 'Data', 'Id', 'Offset', 'Segment', 'Size'
        ($object | ConvertTo-Json | ConvertFrom-Json).PSObject.Properties.Name | Sort-Object | Should -Be 'Data', 'Id', 'Offset', 'Segment', 'Size'
        ($object | ConvertTo-Csv)[0] | Should -Not -Match 'Repository'
    }

    It 'binds by path after a file, a job or another runspace' {
        $path = New-TestRepository
        $file = Join-Path (New-TestFolder) 'objects.xml'
        Get-BorgObject $path | Export-Clixml -LiteralPath $file
        Import-Clixml -LiteralPath $file | Test-BorgObject | Should -Be $true, $true, $true
        Get-BorgRepository $path | Export-Clixml -LiteralPath $file
        Import-Clixml -LiteralPath $file | Get-BorgRepository | ForEach-Object Path | Should -Be $path
        Import-Clixml -LiteralPath $file | Get-BorgObject | Should -HaveCount 3

        $session = Open-BorgRepository $path
        $copies = @{ session = $session; object = Get-BorgObject $session -First 1 }.GetEnumerator() | ForEach-Object Value |
            ForEach-Object { [Management.Automation.PSSerializer]::Deserialize([Management.Automation.PSSerializer]::Serialize($_, 2)) }
        Close-BorgRepository $session
        $copies | ForEach-Object { (Get-BorgRepository -Repository $_).Path } | Should -Be $path, $path

        $found = Start-Job { Import-Module $using:manifestPath; Get-BorgObject -LiteralPath $using:path } | Receive-Job -Wait -AutoRemoveJob
        $found[0].PSObject.TypeNames[0] | Should -Be 'Deserialized.BorgRepo.BorgObject'
        $found | Remove-BorgObject
        Get-ObjectText $path | Should -BeNullOrEmpty
    }

    It 'survives the file with its content' {
        $path = New-TestRepository
        $file = Join-Path (New-TestFolder) 'objects.xml'
        Get-BorgObject $path -Content | Export-Clixml -LiteralPath $file
        Remove-BorgObject $path (Get-Id '01')
        $null = Import-Clixml -LiteralPath $file | Set-BorgObject
        Get-ObjectText $path | Should -Be '01=object 01', '02=object 02', '03=object 03'
    }
}

Describe 'A repository' {
    It 'is named by property: <Property>' -ForEach @(
        @{ Property = 'Path' }
        @{ Property = 'LiteralPath' }
        @{ Property = 'FullName' }
        @{ Property = 'PSPath' }
        @{ Property = 'Repository' }
    ) {
        $path = New-TestRepository
        $record = [pscustomobject]@{ $Property = $path }
        ($record | Get-BorgRepository).Path | Should -Be $path
        if ($Property -ne 'Path') {
            @($record | Get-BorgObject).Count | Should -Be 3
        }
    }

    It 'is named by a folder from Get-ChildItem, brackets and all' {
        $path = New-TestRepository -Name 'a[1]*' -Pair '01'
        (Get-ChildItem -LiteralPath (Split-Path $path) | Get-BorgRepository).Path | Should -Be $path
        @(Get-ChildItem -LiteralPath (Split-Path $path) | Get-BorgObject).Count | Should -Be 1
        @(Get-BorgObject -LiteralPath $path).Count | Should -Be 1
        @(Get-BorgRepository -LiteralPath $path | Get-BorgObject | Get-BorgObject).Count | Should -Be 1
        Get-BorgObject -LiteralPath $path | Remove-BorgObject
        Get-ObjectText $path | Should -BeNullOrEmpty
    } -Skip:$IsWindows

    It 'is named by -Path with an escaped bracket' {
        $path = New-TestRepository -Name 'a[1]'
        (Get-BorgRepository ([WildcardPattern]::Escape($path))).Path | Should -Be $path
        Get-ShortId (Get-ErrorOf { Get-BorgRepository $path }) | Should -Be 'RepositoryNotFound'
    }

    It 'is a relative path to where the session is' {
        $path = New-TestRepository
        Push-Location (Split-Path $path)
        [IO.Directory]::GetCurrentDirectory() | Should -Not -Be (Split-Path $path)
        @(Get-BorgObject repo).Count | Should -Be 3
        @(Get-BorgObject -LiteralPath ./repo).Count | Should -Be 3
        $null = New-BorgRepository other
        $null = Copy-BorgObject ./repo ./other
        $null = Get-BorgObject repo | Copy-BorgObject -Destination ../$(Split-Path (Split-Path $path) -Leaf)/other
        Pop-Location
        Get-ObjectText (Join-Path (Split-Path $path) 'other') | Should -HaveCount 3
    }
}

Describe 'Ids' {
    It 'come through the pipeline by value and by name' {
        $path = New-TestRepository
        (Get-Id '01'), (Get-Id '02') | Get-BorgObject $path | Should -HaveCount 2
        , [byte[]](, 1 * 32) | Get-BorgObject $path | Should -HaveCount 1
        [pscustomobject]@{ Id = Get-Id '01' }, [pscustomobject]@{ Id = '02' } | Get-BorgObject $path | Should -HaveCount 2
        "Id`n$(Get-Id '01')`n$(Get-Id '02')" | ConvertFrom-Csv | Remove-BorgObject $path
        Get-ObjectText $path | Should -Be '03=object 03'
    }
}

Describe 'Several runspaces' {
    It 'read from one session' {
        $path = New-TestRepository
        $null = 0..199 | ForEach-Object { [pscustomobject]@{ Id = '{0:x64}' -f $_; Value = Get-Bytes "value $_" } } | Set-BorgObject $path
        $session = Open-BorgRepository $path -ReadOnly
        $texts = 0..199 | ForEach-Object -ThrottleLimit 4 -Parallel {
            Import-Module $using:manifestPath
            [Text.Encoding]::UTF8.GetString((Get-BorgObject -Repository $using:session -Id ('{0:x64}' -f $_) -Raw))
        }
        Close-BorgRepository $session
        $texts | Sort-Object { [int]($_ -replace '\D') } | Should -Be (0..199 | ForEach-Object { "value $_" })
        Test-Unlocked $path | Should -BeTrue
    }

    It 'write to one session in turns' {
        $path = New-TestRepository
        $session = Open-BorgRepository $path -Exclusive
        $null = 0..99 | ForEach-Object -ThrottleLimit 4 -Parallel {
            Import-Module $using:manifestPath
            Set-BorgObject -Repository $using:session -Id ('{0:x64}' -f $_) -Value ([byte[]]$_)
        }
        (Complete-BorgTransaction $session).Objects | Should -Be 103
        Close-BorgRepository $session
    }

    It 'open the repository each for itself' {
        $path = New-TestRepository
        $counts = 1..4 | ForEach-Object -ThrottleLimit 4 -Parallel {
            Import-Module $using:manifestPath
            @(Get-BorgObject -LiteralPath $using:path -LockWait 30).Count
        }
        $counts | Should -Be 3, 3, 3, 3
        Test-Unlocked $path | Should -BeTrue
    }

    It 'work in a thread job' {
        $path = New-TestRepository
        Start-ThreadJob { Import-Module $using:manifestPath; Get-BorgObject -LiteralPath $using:path } | Receive-Job -Wait -AutoRemoveJob | Should -HaveCount 3
    }
}

Describe 'Strict mode' {
    It 'does not matter' {
        $path = New-TestRepository
        $shell = New-Shell @'
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'
Get-BorgObject $path -Content | Set-BorgObject $path/../other | Out-Null
$session = Open-BorgRepository $path
Get-BorgObject $session | Remove-BorgObject
Complete-BorgTransaction $session | Format-List | Out-String
Get-BorgObject $path/../other | Format-Table | Out-String
Get-BorgLock $path, $session | Out-String
Close-BorgRepository $session
Get-BorgRepository $path | Format-List | Out-String
'@ @{ path = $path }
        $null = New-BorgRepository (Join-Path (Split-Path $path) 'other')
        $printed = $shell.Invoke()
        $shell.Streams.Error | Should -BeNullOrEmpty
        $printed | Should -HaveCount 4
        $shell.Dispose()
    }
}
