#Requires -Version 7.6

BeforeAll {
    . (Join-Path $PSScriptRoot 'Fixture.ps1')
}

Describe 'Get-BorgObject' {
    BeforeAll {
        $path = New-TestRepository
    }

    It 'gets all objects without their content' {
        $found = Get-BorgObject $path | Sort-Object Id
        $found | Should -BeOfType BorgRepo.BorgObject
        $found.Id | Should -Be (Get-Id '01'), (Get-Id '02'), (Get-Id '03')
        $found.Size | Should -Be 9, 9, 9
        $found.Offset | Should -Be 8, 58, 108
        $found | Where-Object { $null -ne $_.Data } | Should -BeNullOrEmpty
    }

    It 'gets one by id: <Form>' -ForEach @(
        @{ Form = 'lower case'; Id = 'ab' * 32 }
        @{ Form = 'upper case'; Id = 'AB' * 32 }
        @{ Form = 'first digits'; Id = 'ab' }
        @{ Form = 'an odd number of digits'; Id = 'ABA' }
        @{ Form = 'bytes'; Id = [byte[]](, 0xab * 32) }
        @{ Form = 'numbers'; Id = @(, 0xab * 32) }
        @{ Form = 'a BorgId'; Id = 'BorgId' }
    ) {
        $one = New-TestRepository 'ab', 'ac', '0b'
        if ($Form -eq 'a BorgId') {
            $Id = [BorgRepo.BorgId]('ab' * 32)
        }
        (Get-BorgObject $one -Id $Id).Id | Should -Be ('ab' * 32)
        (Get-BorgObject $one $Id).Id | Should -Be ('ab' * 32)
    }

    It 'takes digits as they were typed, not as the number they make' {
        $one = New-TestRepository
        $id = '12e4'.PadRight(64, '0')
        $null = Set-BorgObject $one $id ([byte[]]1)
        (Get-BorgObject $one 01).Id | Should -Be (Get-Id '01')
        (Get-BorgObject $one 12e4).Id | Should -Be $id
        { Get-BorgObject $one 01, 02 } | Should -Throw '*as text*'
    }

    It 'reports first digits that several ids have, or none' {
        $ambiguous = Get-ErrorOf { Get-BorgObject $path -Id '0' }
        Get-ShortId $ambiguous | Should -Be 'AmbiguousId'
        $ambiguous.CategoryInfo.Category | Should -Be 'InvalidArgument'
        $missing = Get-ErrorOf { Get-BorgObject $path -Id 'ff' }
        Get-ShortId $missing | Should -Be 'ObjectNotFound'
        $missing.CategoryInfo.Category | Should -Be 'ObjectNotFound'
        $missing.TargetObject | Should -Be 'ff'
    }

    It 'goes on after an id that is missing' {
        $found = Get-BorgObject $path (Get-Id 'ff'), (Get-Id '02') -ErrorVariable problem -ErrorAction SilentlyContinue
        $found.Id | Should -Be (Get-Id '02')
        Get-ShortId $problem[0] | Should -Be 'ObjectNotFound'
        $problem[0].TargetObject | Should -Be (Get-Id 'ff')
    }

    It 'reads the content only if asked to' {
        $object = Get-BorgObject $path (Get-Id '02') -Content
        Get-Text $object.Data | Should -Be 'object 02'
        $raw = Get-BorgObject $path (Get-Id '02') -Raw
        , $raw | Should -BeOfType byte[]
        Get-Text $raw | Should -Be 'object 02'
        @(Get-BorgObject $path -Raw).Count | Should -Be 3
    }

    It 'gives an empty value as an empty array' {
        $one = New-TestRepository
        $null = Set-BorgObject $one (Get-Id 'ee') ([byte[]]@())
        (Get-BorgObject $one (Get-Id 'ee') -Content).Data.Length | Should -Be 0
        (Get-BorgObject $one (Get-Id 'ee')).Size | Should -Be 0
    }

    It 'pages through the index order with -First and -After' {
        $all = (Get-BorgObject $path).Id
        (Get-BorgObject $path -First 2).Id | Should -Be $all[0..1]
        (Get-BorgObject $path -After $all[0]).Id | Should -Be $all[1..2]
        (Get-BorgObject $path -After $all[0] -First 1).Id | Should -Be $all[1]
        Get-BorgObject $path -First 0 | Should -BeNullOrEmpty
        Get-BorgObject $path -After $all[2] | Should -BeNullOrEmpty
        Get-ShortId (Get-ErrorOf { Get-BorgObject $path -After (Get-Id 'ff') }) | Should -Be 'ObjectNotFound'
    }

    It 'gives the order on the disk' {
        $one = New-TestRepository '99', '01', '77'
        $null = Set-BorgObject $one (Get-Id '01') (Get-Bytes 'newer')
        (Get-BorgObject $one -OnDiskOrder).Id | Should -Be (Get-Id '99'), (Get-Id '77'), (Get-Id '01')
        (Get-BorgObject $one -OnDiskOrder -First 1 -After (Get-Id '99')).Id | Should -Be (Get-Id '77')
    }

    It 'refuses -First, -After and -OnDiskOrder with -Id' {
        foreach ($code in { Get-BorgObject $path -Id '01' -First 1 }, { Get-BorgObject $path -Id '01' -After '02' }, { Get-BorgObject $path -Id '01' -OnDiskOrder }) {
            Get-ShortId (Get-ErrorOf $code) | Should -Be 'InvalidArgument'
        }
    }

    It 'refuses an empty list of ids, which might else mean all' {
        { Get-BorgObject $path -Id @() } | Should -Throw
        { Get-BorgObject $path -Id $null } | Should -Throw
    }

    It 'reports a damaged object and gives the others' {
        $one = New-TestRepository
        $segment = Join-Path $one 'data/0/0'
        $bytes = [IO.File]::ReadAllBytes($segment)
        $bytes[58 + 41] = $bytes[58 + 41] -bxor 1
        [IO.File]::WriteAllBytes($segment, $bytes)
        $found = Get-BorgObject $one -Content -ErrorVariable problem -ErrorAction SilentlyContinue
        $found.Id | Sort-Object | Should -Be (Get-Id '01'), (Get-Id '03')
        $problem.Count | Should -Be 1
        Get-ShortId $problem[0] | Should -Be 'IntegrityError'
        $problem[0].CategoryInfo.Category | Should -Be 'InvalidData'
        $problem[0].TargetObject | Should -Be (Get-Id '02')
        "$($problem[0])" | Should -Match 'segment 0, offset 58'
    }

    It 'writes nothing at all with -NoLock, even if the index is lost' {
        $one = New-TestRepository
        Remove-Item -Path (Join-Path $one 'index.*')
        $before = Get-TreeState $one
        @(Get-BorgObject $one -NoLock -WarningAction SilentlyContinue).Count | Should -Be 3
        Get-TreeState $one | Should -Be $before
    }

    It 'heals a lost index under its lock, and says so' {
        $one = New-TestRepository
        Remove-Item -Path (Join-Path $one 'index.*')
        $found = Get-BorgObject $one -WarningVariable said -WarningAction SilentlyContinue
        $found.Count | Should -Be 3
        $said | Should -Not -BeNullOrEmpty
        Join-Path $one 'index.*' | Should -Exist
        Test-Unlocked $one | Should -BeTrue
    }

    It 'reads several repositories' {
        $second = New-TestRepository 'aa'
        @(Get-BorgObject $path, $second).Count | Should -Be 4
    }

    It 'streams: what comes after sees the first object before the last one is read' {
        (Get-BorgObject $path | Select-Object -First 1).Id | Should -HaveCount 1
        Test-Unlocked $path | Should -BeTrue
    }
}

Describe 'Set-BorgObject' {
    It 'stores a value and gives what is now on the disk' {
        $path = New-TestRepository
        $stored = Set-BorgObject $path (Get-Id 'aa') (Get-Bytes 'new')
        $stored.Id | Should -Be (Get-Id 'aa')
        $stored.Size | Should -Be 3
        $found = Get-BorgObject $path (Get-Id 'aa') -Content
        Get-Text $found.Data | Should -Be 'new'
        $found.Segment | Should -Be $stored.Segment
        $found.Offset | Should -Be $stored.Offset
    }

    It 'takes id and value from the pipeline by name, in one transaction' {
        $path = New-TestRepository
        $before = (Get-BorgRepository $path).TransactionId
        $items = 0..99 | ForEach-Object { [pscustomobject]@{ Id = '{0:x64}' -f $_; Value = Get-Bytes "value $_" } }
        @($items | Set-BorgObject $path).Count | Should -Be 100
        $info = Get-BorgRepository $path
        $info.Objects | Should -Be 103
        # One segment of data, one with the COMMIT.
        $info.TransactionId | Should -Be ($before + 2)
    }

    It 'gives out nothing before the commit' {
        $path = New-TestRepository
        $seen = [pscustomobject]@{ Id = Get-Id 'aa'; Value = Get-Bytes 'x' } | Set-BorgObject $path | ForEach-Object {
            Test-BorgObject $path $_.Id -NoLock
            Test-Unlocked $path
        }
        $seen | Should -Be $true, $true
    }

    It 'stores a file' {
        $path = New-TestRepository
        $folder = New-TestFolder
        Set-Content -LiteralPath (Join-Path $folder 'value[1].bin') -Value 'from a file' -NoNewline
        Push-Location $folder
        $null = Set-BorgObject $path -Id (Get-Id 'aa') -InFile './value[1].bin'
        Pop-Location
        Get-Text (Get-BorgObject $path (Get-Id 'aa') -Raw) | Should -Be 'from a file'
    }

    It 'takes what Get-BorgObject -Content gives' {
        $from = New-TestRepository
        $to = New-TestRepository 'ff'
        $null = Get-BorgObject $from -Content | Set-BorgObject $to
        Get-ObjectText $to | Should -Be '01=object 01', '02=object 02', '03=object 03', 'ff=object ff'
    }

    It 'stores the largest value that is allowed' {
        $path = New-TestRepository
        (Set-BorgObject $path (Get-Id 'aa') ([byte[]]::new(20971479))).Size | Should -Be 20971479
        (Get-BorgObject $path (Get-Id 'aa') -Raw).Length | Should -Be 20971479
    }

    It 'wants the content once' {
        $path = New-TestRepository
        Get-ShortId (Get-ErrorOf { Set-BorgObject $path (Get-Id 'aa') }) | Should -Be 'InvalidArgument'
        Get-ShortId (Get-ErrorOf { Set-BorgObject $path (Get-Id 'aa') ([byte[]]1) -InFile x }) | Should -Be 'InvalidArgument'
        Get-ShortId (Get-ErrorOf { Set-BorgObject $path (Get-Id 'aa') -InFile (Join-Path $TestDrive 'nothing') }) | Should -Be 'FileNotFound'
    }

    It 'stores in an append-only repository' {
        $path = New-TestRepository -Options @{ AppendOnly = $true }
        $null = Set-BorgObject $path (Get-Id '01') (Get-Bytes 'newer')
        Get-ObjectText $path | Should -Contain '01=newer'
        Join-Path $path 'transactions' | Should -Exist
    }
}

Describe 'Remove-BorgObject' {
    It 'removes objects by id and says nothing' {
        $path = New-TestRepository
        Remove-BorgObject $path (Get-Id '01'), (Get-Id '03') | Should -BeNullOrEmpty
        Get-ObjectText $path | Should -Be '02=object 02'
    }

    It 'takes objects from Get-BorgObject, which reads the same repository meanwhile' {
        $path = New-TestRepository
        Get-BorgObject $path | Where-Object Id -NE (Get-Id '02') | Remove-BorgObject
        Get-ObjectText $path | Should -Be '02=object 02'
        Get-BorgObject $path | Select-Object -First 1 | Remove-BorgObject
        Get-ObjectText $path | Should -BeNullOrEmpty
    }

    It 'is one transaction' {
        $path = New-TestRepository
        $before = (Get-BorgRepository $path).TransactionId
        Get-BorgObject $path | Remove-BorgObject
        (Get-BorgRepository $path).TransactionId | Should -Be ($before + 2)
    }

    It 'reports an id that is missing and removes the others' {
        $path = New-TestRepository
        Remove-BorgObject $path (Get-Id '01'), (Get-Id 'ff'), (Get-Id '02') -ErrorVariable problem -ErrorAction SilentlyContinue
        Get-ShortId $problem[0] | Should -Be 'ObjectNotFound'
        $problem[0].TargetObject | Should -Be (Get-Id 'ff')
        Get-ObjectText $path | Should -Be '03=object 03'
    }

    It 'commits nothing if there was nothing to remove' {
        $path = New-TestRepository
        $before = Get-TreeState $path -ContentOnly
        Get-ShortId (Get-ErrorOf { Remove-BorgObject $path (Get-Id 'ff') }) | Should -Be 'ObjectNotFound'
        Get-TreeState $path -ContentOnly | Should -Be $before
    }

    It 'removes nothing if an error is to stop it' {
        $path = New-TestRepository
        { Remove-BorgObject $path (Get-Id '01'), (Get-Id 'ff') -ErrorAction Stop } | Should -Throw
        Get-ObjectText $path | Should -HaveCount 3
        Test-Unlocked $path | Should -BeTrue
    }

    It 'wants whole ids' {
        $path = New-TestRepository
        Get-ShortId (Get-ErrorOf { Remove-BorgObject $path '01' }) | Should -Be 'InvalidId'
        Get-ObjectText $path | Should -HaveCount 3
    }

    It 'tells with -WhatIf that an id is missing' {
        $path = New-TestRepository
        $shell = New-Shell "Remove-BorgObject '$path' ('ff' * 32), ('01' * 32) -WhatIf"
        $null = $shell.Invoke()
        $shell.Streams.Error | ForEach-Object { Get-ShortId $_ } | Should -Be 'ObjectNotFound'
        $shell.Dispose()
    }
}

Describe 'Test-BorgObject' {
    It 'tells which objects are there' {
        $path = New-TestRepository
        Test-BorgObject $path (Get-Id '01'), (Get-Id 'ff') | Should -Be $true, $false
        (Get-Id '02') | Test-BorgObject $path | Should -BeTrue
        Test-BorgObject $path '03' | Should -BeTrue
        Test-BorgObject $path 'ff' | Should -BeFalse
        Get-BorgObject $path | Test-BorgObject | Should -Be $true, $true, $true
    }

    It 'reports what is no id' {
        Get-ShortId (Get-ErrorOf { Test-BorgObject (New-TestRepository) 'xyz' }) | Should -Be 'InvalidId'
    }
}
