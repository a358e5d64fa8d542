#Requires -Version 7.6

BeforeAll {
    . (Join-Path $PSScriptRoot 'Fixture.ps1')
}

Describe 'Export-BorgObject' {
    It 'writes all objects to files named by id' {
        $path = New-TestRepository
        $folder = Join-Path (New-TestFolder) 'out'
        $files = Export-BorgObject $path $folder
        $files | Should -BeOfType IO.FileInfo
        $files.Name | Sort-Object | Should -Be (Get-Id '01'), (Get-Id '02'), (Get-Id '03')
        $files | ForEach-Object Length | Should -Be 9, 9, 9
        Get-Content -LiteralPath (Join-Path $folder (Get-Id '02')) | Should -Be 'object 02'
        (Get-ChildItem -LiteralPath $folder).Count | Should -Be 3
    }

    It 'writes those that come through the pipeline, to a relative folder' {
        $path = New-TestRepository
        $folder = New-TestFolder
        Push-Location $folder
        $file = Get-BorgObject $path '02' | Export-BorgObject -Destination 'a[b]'
        Pop-Location
        $file.FullName | Should -Be (Join-Path $folder 'a[b]' (Get-Id '02'))
    }

    It 'replaces a file only with -Force, and goes on with the others' {
        $path = New-TestRepository
        $folder = New-TestFolder
        $there = Join-Path $folder (Get-Id '02')
        Set-Content -LiteralPath $there -Value 'mine' -NoNewline
        $files = Export-BorgObject $path $folder -ErrorVariable problem -ErrorAction SilentlyContinue
        $files.Count | Should -Be 2
        Get-ShortId $problem[0] | Should -Be 'FileExists'
        $problem[0].CategoryInfo.Category | Should -Be 'ResourceExists'
        Get-Content -LiteralPath $there | Should -Be 'mine'
        $null = Export-BorgObject $path $folder -Id '02' -Force
        Get-Content -LiteralPath $there | Should -Be 'object 02'
    }

    It 'leaves no half file where an object is damaged' {
        $path = New-TestRepository
        $segment = Join-Path $path 'data/0/0'
        $bytes = [IO.File]::ReadAllBytes($segment)
        $bytes[58 + 41] = $bytes[58 + 41] -bxor 1
        [IO.File]::WriteAllBytes($segment, $bytes)
        $folder = New-TestFolder
        $null = Export-BorgObject $path $folder -ErrorVariable problem -ErrorAction SilentlyContinue
        Get-ShortId $problem[0] | Should -Be 'IntegrityError'
        (Get-ChildItem -LiteralPath $folder).Name | Sort-Object | Should -Be (Get-Id '01'), (Get-Id '03')
    }

    It 'writes nothing to the repository with -NoLock' {
        $path = New-TestRepository
        $before = Get-TreeState $path
        $null = Export-BorgObject $path (New-TestFolder) -NoLock
        Get-TreeState $path | Should -Be $before
    }
}

Describe 'Import-BorgObject' {
    It 'brings back what was exported' {
        $from = New-TestRepository
        $folder = New-TestFolder
        $null = Export-BorgObject $from $folder
        $to = New-TestRepository 'ff'
        $stored = Get-ChildItem -LiteralPath $folder | Import-BorgObject $to
        $stored | Should -BeOfType BorgRepo.BorgObject
        $stored.Id | Sort-Object | Should -Be (Get-Id '01'), (Get-Id '02'), (Get-Id '03')
        Get-ObjectText $to | Should -Be '01=object 01', '02=object 02', '03=object 03', 'ff=object ff'
    }

    It 'takes wildcards, brackets in names, and an extension' {
        $folder = New-TestFolder 'files[1]'
        $names = "$(Get-Id 'aa').bin", (Get-Id 'ab')
        $names | ForEach-Object { Set-Content -LiteralPath (Join-Path $folder $_) -Value 'x' -NoNewline }
        $path = New-TestRepository
        @(Import-BorgObject $path (Join-Path $folder $names[0])).Count | Should -Be 1
        Push-Location -LiteralPath $folder
        @(Import-BorgObject $path ./a*).Count | Should -Be 2
        Pop-Location
        Test-BorgObject $path (Get-Id 'aa'), (Get-Id 'ab') | Should -Be $true, $true
    }

    It 'stores nothing if one file is not named by an id, or too large, or missing' -ForEach @(
        @{ Bad = 'not-an-id'; Size = 1; Expected = 'InvalidId' }
        @{ Bad = 'bb' * 32; Size = 20971480; Expected = 'ValueTooLarge' }
        @{ Bad = 'cc' * 32; Size = -1; Expected = 'FileNotFound' }
    ) {
        $folder = New-TestFolder
        $good = Join-Path $folder (Get-Id 'aa')
        Set-Content -LiteralPath $good -Value 'x'
        if ($Size -ge 0) {
            [IO.File]::WriteAllBytes((Join-Path $folder $Bad), [byte[]]::new($Size))
        }
        $path = New-TestRepository
        $before = Get-TreeState $path -ContentOnly
        Get-ShortId (Get-ErrorOf { $good, (Join-Path $folder $Bad) | Import-BorgObject $path }) | Should -Be $Expected
        Get-TreeState $path -ContentOnly | Should -Be $before
    }
}

Describe 'Copy-BorgObject' {
    It 'copies all objects' {
        $from = New-TestRepository
        $to = New-TestRepository 'ff'
        $copied = Copy-BorgObject $from $to
        $copied.Id | Sort-Object | Should -Be (Get-Id '01'), (Get-Id '02'), (Get-Id '03')
        Get-ObjectText $to | Should -Be '01=object 01', '02=object 02', '03=object 03', 'ff=object ff'
        Get-BorgObject -Repository $copied[0] | Should -HaveCount 4 -Because 'what it gives belongs to the destination'
    }

    It 'copies those that come through the pipeline, in one transaction' {
        $from = New-TestRepository
        $to = New-TestRepository 'ff'
        $before = (Get-BorgRepository $to).TransactionId
        $null = Get-BorgObject $from | Where-Object Id -NE (Get-Id '02') | Copy-BorgObject -Destination $to
        Get-ObjectText $to | Should -Be '01=object 01', '03=object 03', 'ff=object ff'
        (Get-BorgRepository $to).TransactionId | Should -Be ($before + 2)
    }

    It 'stores again only what is different' {
        $from = New-TestRepository
        $to = New-TestRepository
        $null = Set-BorgObject $to (Get-Id '02') (Get-Bytes 'another')
        $before = (Get-BorgRepository $to).TransactionId
        (Copy-BorgObject $from $to).Id | Should -Be (Get-Id '02')
        Get-ObjectText $to | Should -Be '01=object 01', '02=object 02', '03=object 03'
        Copy-BorgObject $from $to | Should -BeNullOrEmpty
        (Get-BorgRepository $to).TransactionId | Should -Be ($before + 2)
    }

    It 'copies into the transaction of an open session' {
        $from = New-TestRepository
        $to = New-TestRepository 'ff'
        $session = Open-BorgRepository $to -Exclusive
        @(Copy-BorgObject $from -Destination $session).Count | Should -Be 3
        $session.InTransaction | Should -BeTrue
        $null = Undo-BorgTransaction $session
        Close-BorgRepository $session
        Get-ObjectText $to | Should -Be 'ff=object ff'
    }

    It 'saves what can be read from a damaged repository' {
        $from = New-TestRepository
        $segment = Join-Path $from 'data/0/0'
        $bytes = [IO.File]::ReadAllBytes($segment)
        $bytes[58 + 41] = $bytes[58 + 41] -bxor 1
        [IO.File]::WriteAllBytes($segment, $bytes)
        $to = New-TestRepository 'ff'
        $null = Copy-BorgObject $from $to -ErrorVariable problem -ErrorAction SilentlyContinue
        $problem | ForEach-Object { Get-ShortId $_ } | Should -Be 'IntegrityError'
        Get-ObjectText $to | Should -Be '01=object 01', '03=object 03', 'ff=object ff'
    }

    It 'reports each object whose place in a segment is lost, and copies the others' {
        $from = New-TestRepository
        $null = 'aa', 'ab' | ForEach-Object { [pscustomobject]@{ Id = Get-Id $_; Value = Get-Bytes "object $_" } } | Set-BorgObject $from
        $to = New-TestRepository 'ff'
        Remove-Item -LiteralPath (Join-Path $from 'data/0/0')
        $null = Copy-BorgObject $from $to -ErrorVariable problem -ErrorAction SilentlyContinue -WarningAction SilentlyContinue
        $problem | ForEach-Object { Get-ShortId $_ } | Should -Be 'SegmentMissing', 'SegmentMissing', 'SegmentMissing'
        $problem.TargetObject | Sort-Object | Should -Be (Get-Id '01'), (Get-Id '02'), (Get-Id '03')
        Get-ObjectText $to | Should -Be 'aa=object aa', 'ab=object ab', 'ff=object ff'
    }

    It 'refuses to copy a repository to itself' {
        $path = New-TestRepository
        Get-ShortId (Get-ErrorOf { Copy-BorgObject $path $path }) | Should -Be 'InvalidArgument'
        Test-Unlocked $path | Should -BeTrue
    }
}
