#Requires -Version 7.6

# A repository as a drive.

BeforeAll {
    . (Join-Path $PSScriptRoot 'Fixture.ps1')
    . (Join-Path $PSScriptRoot 'Vectors.ps1')

    function Remove-Drive {
        Set-Location -LiteralPath $root
        Get-PSDrive -PSProvider BorgRepository -ErrorAction Ignore | Remove-PSDrive -Force
    }

    function New-Drive([string] $Path, [hashtable] $Options = @{}, [string] $Name = 'borg') {
        $null = New-PSDrive -Name $Name -PSProvider BorgRepository -Root $Path -Scope Global @Options -ErrorAction Stop
    }
}

Describe 'A drive' {
    AfterEach {
        Remove-Drive
    }

    BeforeEach {
        $path = New-TestRepository
        # The first value of object 01 is superseded, but still in the log.
        $null = Set-BorgObject $path (Get-Id '01') (Get-Bytes 'changed')
    }

    It 'has three folders' {
        New-Drive $path
        $found = Get-ChildItem borg:/
        $found | ForEach-Object { $_.GetType().FullName } | Sort-Object -Unique | Should -Be 'BorgRepo.BorgDriveFolder'
        $found.Name | Should -Be 'objects', 'segments', 'transactions'
        $found.PSIsContainer | Should -Be $true, $true, $true
        $found.RepositoryPath | Sort-Object -Unique | Should -Be $path
        ($found | Format-Table | Out-String -Width 80) | Should -Match 'segments +Segments by number'
        (Get-PSDrive borg).Root | Should -Be $path
        (Get-PSDrive borg).Description | Should -BeLike "*$path"
    }

    It 'gives the repository at its root' {
        New-Drive $path
        $info = Get-Item borg:/
        $info | Should -BeOfType BorgRepo.BorgRepositoryInfo
        $info.Id | Should -Be (Get-BorgRepository $path).Id
    }

    It 'lists the same as the cmdlets do' {
        New-Drive $path
        (Get-ChildItem borg:/objects).Id | Should -Be (Get-BorgObject $path -OnDiskOrder).Id
        Get-ChildItem borg:/objects | ForEach-Object { $_.GetType().Name } | Sort-Object -Unique | Should -Be 'BorgObject'
        foreach ($pair in @(
                @{ Here = Get-ChildItem borg:/segments; There = Get-BorgSegment $path }
                @{ Here = Get-ChildItem borg:/segments/0; There = Get-BorgSegmentEntry $path -Segment 0 }
                @{ Here = Get-ChildItem borg:/transactions; There = Get-BorgTransaction $path }
            )) {
            $names = $pair.There[0].GetType().GetProperties().Name
            $names.Count | Should -BeGreaterThan 5
            ($pair.Here | Select-Object $names | ConvertTo-Csv) | Should -Be ($pair.There | Select-Object $names | ConvertTo-Csv)
        }
    }

    It 'sorts segments by what is dead in them' {
        New-Drive $path
        $sorted = Get-ChildItem borg:/segments | Sort-Object DeadBytes -Descending
        $sorted[0].Segment | Should -Be 0
        $sorted[0].PSChildName | Should -Be '0'
        $sorted[0].PSIsContainer | Should -BeTrue
    }

    It 'gets single items by path: <Where>' -ForEach @(
        @{ Where = "objects/$('02' * 32)"; Type = 'BorgObject'; Text = '02' * 32 }
        @{ Where = "OBJECTS/$('02' * 32)"; Type = 'BorgObject'; Text = '02' * 32 }
        @{ Where = 'segments/0'; Type = 'BorgSegment'; Text = '0' }
        @{ Where = 'segments/0/8'; Type = 'BorgSegmentEntry'; Text = 'Put 0:8' }
        @{ Where = 'segments\0\8'; Type = 'BorgSegmentEntry'; Text = 'Put 0:8' }
        @{ Where = 'transactions/1'; Type = 'BorgTransaction'; Text = '1' }
        @{ Where = 'segments'; Type = 'BorgDriveFolder'; Text = 'segments' }
    ) {
        New-Drive $path
        Test-Path "borg:/$Where" | Should -BeTrue
        $item = Get-Item "borg:/$Where"
        $item.GetType().Name | Should -Be $Type
        "$item" | Should -Be $Text
        $item.PSDrive.Name | Should -Be 'borg'
        # What goes through the pipeline carries the path with the name of the provider, not of the drive.
        (Get-Item -LiteralPath $item.PSPath).GetType().Name | Should -Be $Type
    }

    It 'has nothing at <_>' -ForEach 'nothing', "objects/$('ff' * 32)", 'objects/01', 'segments/99', 'segments/0/9', 'segments/00', 'segments/-1', 'segments/0/8/1', 'transactions/0', 'transactions/x' {
        New-Drive $path
        Test-Path "borg:/$_" | Should -BeFalse
        foreach ($code in { Get-Item "borg:/$_" }, { Get-ChildItem "borg:/$_" }, { Get-Content "borg:/$_" }) {
            $problem = Get-ErrorOf $code
            $problem.CategoryInfo.Category | Should -BeIn 'ObjectNotFound', 'InvalidArgument'
            Get-ShortId $problem | Should -BeIn 'PathNotFound', 'ObjectNotFound', 'NoContent'
        }
    }

    It 'knows wildcards in every part of a path' {
        New-Drive $path
        (Get-ChildItem borg:/obj*/02*).Id | Should -Be (Get-Id '02')
        (Get-Item borg:/segments/[0-1]).Segment | Should -Be 0, 1
        (Get-Item borg:/segments/*/8).Segment | Should -Be 0, 1, 2, 3
        (Get-Item borg:/*/1).Count | Should -Be 2
        Test-Path borg:/objects/03* | Should -BeTrue
        Test-Path borg:/objects/04* | Should -BeFalse
        Get-Item borg:/objects/04* | Should -BeNullOrEmpty
        (Get-ChildItem borg:/objects -Exclude 01*).Count | Should -Be 2
        (Get-ChildItem borg:/objects/* -Include 01*).Count | Should -Be 1
    }

    It 'can be walked through' {
        New-Drive $path
        Set-Location borg:/segments/0
        (Get-Location).Path | Should -BeIn 'borg:/segments/0', 'borg:\segments\0'
        Get-ChildItem -Name | Should -Be (Get-BorgSegmentEntry $path -Segment 0).Offset
        Set-Location ..
        Get-ChildItem ./1 | ForEach-Object Kind | Should -Be 'Commit'
        (Get-ChildItem ../objects).Count | Should -Be 3
        Set-Location borg:/
        (Get-ChildItem).Count | Should -Be 3
    }

    It 'goes down as deep as it is told' {
        New-Drive $path
        $top = 3
        $second = 3 + @(Get-BorgSegment $path).Count + @(Get-BorgTransaction $path).Count
        (Get-ChildItem borg:/ -Recurse -Depth 0).Count | Should -Be $top
        (Get-ChildItem borg:/ -Recurse -Depth 1).Count | Should -Be ($top + $second)
        (Get-ChildItem borg:/ -Recurse).Count | Should -Be ($top + $second + @(Get-BorgSegmentEntry $path).Count)
        (Get-ChildItem borg:/segments -Recurse -Include 8).Count | Should -Be @(Get-BorgSegment $path).Count
    }

    It 'filters by name' {
        New-Drive $path
        (Get-ChildItem borg:/objects -Filter 0[23]*).Id | Sort-Object | Should -Be (Get-Id '02'), (Get-Id '03')
        Get-ChildItem borg:/objects -Filter 02* -Name | Should -Be (Get-Id '02')
        (Get-ChildItem borg:/segments -Filter [02]).Segment | Should -Be 0, 2
        (Get-ChildItem borg:/segments/0 -Filter 5?).Offset | Should -Be 58
        (Get-ChildItem borg:/transactions -Filter 1).TransactionId | Should -Be 1
        (Get-ChildItem borg:/ -Filter *ments).Name | Should -Be 'segments'
        (Get-ChildItem borg:/ -Recurse -Filter 8).Count | Should -Be @(Get-BorgSegment $path).Count
        Get-ChildItem borg:/objects -Filter nothing | Should -BeNullOrEmpty
    }

    It 'is completed by the Tab key: <Line>' -ForEach @(
        @{ Line = 'Get-Item borg:/o'; Expected = '^borg:[\\/]objects$' }
        @{ Line = 'Get-Item borg:/objects/02'; Expected = "^borg:[\\/]objects[\\/]$('02' * 32)$" }
        @{ Line = 'Get-Content borg:/segments/0/5'; Expected = '^borg:[\\/]segments[\\/]0[\\/]58$' }
    ) {
        New-Drive $path
        $found = [Management.Automation.CommandCompletion]::CompleteInput($Line, $Line.Length, $null).CompletionMatches.CompletionText
        $found | Should -HaveCount 1
        $found | Should -Match $Expected
    }

    It 'gives what is in an object' {
        New-Drive $path
        $null = Set-BorgObject -Path (New-TestRepository -Name 'unrelated') (Get-Id '0f') (Get-Bytes 'x')
        $object = "borg:/objects/$(Get-Id '02')"
        Get-Content $object | Should -Be 'object 02'
        Get-Content $object -AsByteStream | Should -Be (Get-Bytes 'object 02')
        (Get-Content $object -AsByteStream -ReadCount 4).ForEach{ $_.Count } | Should -Be 4, 4, 1
        Get-Content $object -AsByteStream -TotalCount 3 | Should -Be (Get-Bytes 'obj')
        $whole = Get-Content $object -AsByteStream -Raw
        , $whole | Should -BeOfType byte[]
        Get-Text $whole | Should -Be 'object 02'
        (Get-ChildItem borg:/objects | Get-Content) | Sort-Object | Should -Be 'changed', 'object 02', 'object 03'
    }

    It 'gives empty content and lines of text as a file would' {
        $null = Set-BorgObject $path (Get-Id '0e') ([byte[]]@())
        $null = Set-BorgObject $path (Get-Id '0f') (Get-Bytes "first`r`nsecond`n`nfourth")
        New-Drive $path
        Get-Content "borg:/objects/$(Get-Id '0e')" | Should -BeNullOrEmpty
        Get-Content "borg:/objects/$(Get-Id '0e')" -AsByteStream | Should -BeNullOrEmpty
        Get-Content "borg:/objects/$(Get-Id '0f')" | Should -Be 'first', 'second', '', 'fourth'
        Get-Content "borg:/objects/$(Get-Id '0f')" -Raw | Should -Be "first`r`nsecond`n`nfourth"
        Get-Content "borg:/objects/$(Get-Id '0f')" -TotalCount 1 | Should -Be 'first'
    }

    It 'gives superseded values too, which no id leads to any more' {
        New-Drive $path
        $old = Get-ChildItem borg:/segments/0 | Where-Object Id -EQ (Get-Id '01')
        $old.Current | Should -BeFalse
        $old | Get-Content | Should -Be 'object 01'
        Get-Content "borg:/objects/$(Get-Id '01')" | Should -Be 'changed'
    }

    It 'has no content in what is no value' {
        New-Drive $path
        foreach ($where in 'segments/0', 'segments/1/8', 'transactions/1', 'objects') {
            $problem = Get-ErrorOf { Get-Content "borg:/$where" }
            Get-ShortId $problem | Should -Be 'NoContent'
            $problem.CategoryInfo.Category | Should -Be 'InvalidArgument'
        }
    }

    It 'emits what other cmdlets take' {
        New-Drive $path
        Get-ChildItem borg:/segments | Get-BorgSegmentEntry | Should -HaveCount @(Get-BorgSegmentEntry $path).Count
        Get-ChildItem borg:/objects | Test-BorgObject | Should -Be $true, $true, $true
        Get-ChildItem borg:/objects/02* | Get-BorgObject -Content | ForEach-Object { Get-Text $_.Data } | Should -Be 'object 02'
        $folder = New-TestFolder
        (Get-ChildItem borg:/objects/0[23]* | Export-BorgObject -Destination $folder).Count | Should -Be 2
        Get-ChildItem borg:/ | Get-BorgRepository | ForEach-Object Path | Sort-Object -Unique | Should -Be $path
    }

    It 'names its repository to other cmdlets by its root, and by nothing below' {
        New-Drive $path
        (Get-BorgRepository borg:/).Path | Should -Be $path
        (Invoke-BorgRepoCheck borg:/).Conclusion | Should -Be 'Sound'
        (Get-BorgObject -LiteralPath borg:/).Count | Should -Be 3
        Get-ShortId (Get-ErrorOf { Remove-BorgRepository borg:/objects -Confirm:$false }) | Should -Be 'InvalidPath'
        Get-ShortId (Get-ErrorOf { New-BorgRepository borg:/ }) | Should -Be 'InvalidPath'
        Get-ShortId (Get-ErrorOf { Get-BorgObject $path | Export-BorgObject -Destination borg:/ }) | Should -Be 'InvalidPath'
        Test-BorgRepository $path | Should -BeTrue
    }

    It 'changes nothing: <Name>' -ForEach @(
        @{ Name = 'Remove-Item'; Code = { Remove-Item "borg:/objects/$(Get-Id '02')" } }
        @{ Name = 'Remove-Item -Recurse'; Code = { Remove-Item borg:/objects -Recurse -Force } }
        @{ Name = 'Set-Content'; Code = { Set-Content "borg:/objects/$(Get-Id '02')" -Value 'x' } }
        @{ Name = 'Add-Content'; Code = { Add-Content "borg:/objects/$(Get-Id '02')" -Value 'x' } }
        @{ Name = 'New-Item'; Code = { New-Item "borg:/objects/$(Get-Id 'aa')" -Value 'x' } }
        @{ Name = 'Set-Item'; Code = { Set-Item "borg:/objects/$(Get-Id '02')" -Value 'x' } }
        @{ Name = 'Clear-Item'; Code = { Clear-Item "borg:/objects/$(Get-Id '02')" } }
        @{ Name = 'Rename-Item'; Code = { Rename-Item "borg:/objects/$(Get-Id '02')" 'x' } }
        @{ Name = 'Copy-Item'; Code = { Copy-Item "borg:/objects/$(Get-Id '02')" borg:/objects/x } }
        @{ Name = 'Move-Item'; Code = { Move-Item "borg:/objects/$(Get-Id '02')" borg:/objects/x } }
    ) {
        New-Drive $path @{ NoLock = $true }
        $before = Get-TreeState $path
        $problem = Get-ErrorOf $Code
        Get-ShortId $problem | Should -Be 'DriveReadOnly'
        $problem.CategoryInfo.Category | Should -Be 'PermissionDenied'
        Get-TreeState $path | Should -Be $before
    }

    It 'says so for Clear-Content in words of PowerShell' {
        New-Drive $path @{ NoLock = $true }
        $before = Get-TreeState $path
        Get-ShortId (Get-ErrorOf { Clear-Content "borg:/objects/$(Get-Id '02')" }) | Should -Be 'NotSupported'
        Get-TreeState $path | Should -Be $before
    }
}

Describe 'The session of a drive' {
    AfterEach {
        Remove-Drive
    }

    It 'has a shared lock until the drive goes' {
        $path = New-TestRepository
        New-Drive $path
        (Get-BorgLock $path).Exclusive | Should -BeFalse
        Remove-PSDrive borg
        Test-Unlocked $path | Should -BeTrue
    }

    It 'takes no lock and writes nothing with -NoLock, and sees what others write' {
        $path = New-TestRepository
        $before = Get-TreeState $path
        New-Drive $path @{ NoLock = $true }
        (Get-ChildItem borg:/objects).Count | Should -Be 3
        $null = Get-ChildItem borg:/ -Recurse
        Get-TreeState $path | Should -Be $before
        $null = Set-BorgObject $path (Get-Id '04') (Get-Bytes 'later')
        (Get-ChildItem borg:/objects).Count | Should -Be 4
        Get-Content borg:/objects/04* | Should -Be 'later'
    }

    It 'may be one that is open already, which stays open' {
        $path = New-TestRepository
        $session = Open-BorgRepository $path -Exclusive
        New-Drive '' @{ Repository = $session }
        $null = Set-BorgObject $session (Get-Id '04') (Get-Bytes 'not committed')
        (Get-ChildItem borg:/objects).Count | Should -Be 4
        Get-Content borg:/objects/04* | Should -Be 'not committed'
        $entry = (Get-Item borg:/objects/04*)
        Get-Content "borg:/segments/$($entry.Segment)/$($entry.Offset)" | Should -Be 'not committed'
        Remove-PSDrive borg
        $session.IsOpen | Should -BeTrue
        $session.Dispose()
    }

    It 'says that it was closed' {
        $session = Open-BorgRepository (New-TestRepository)
        New-Drive $session @{ Repository = $session }
        $session.Dispose()
        foreach ($code in { Get-Item borg:/segments/0 }, { Get-ChildItem borg:/objects }, { Get-Content borg:/segments/0/8 }) {
            Get-ShortId (Get-ErrorOf $code) | Should -Be 'RepositoryClosed'
        }
        Get-ShortId (Get-ErrorOf { New-Drive '' @{ Repository = $session } -Name 'another' }) | Should -Be 'RepositoryClosed'
    }

    It 'ends with the module, and with the scope of the drive' {
        $path = New-TestRepository
        $shell = New-Shell 'function Look { $null = New-PSDrive here BorgRepository $path; (Get-ChildItem here:/objects).Count }; Look; @(Get-BorgLock $path).Count; $null = New-PSDrive here BorgRepository $path; Remove-Module BorgRepo' @{ path = $path }
        try {
            $shell.Invoke() | Should -Be 3, 0
            $shell.Streams.Error | Should -BeNullOrEmpty
        } finally {
            $shell.Dispose()
        }
        Test-Unlocked $path | Should -BeTrue
    }

    It 'cannot be made: <Expected>' -ForEach @(
        @{ Expected = 'RepositoryNotFound'; Where = { Join-Path $TestDrive 'nowhere' } }
        @{ Expected = 'InvalidRepository'; Where = { New-TestFolder } }
        @{ Expected = 'RemoteNotSupported'; Where = { 'ssh://host/repo' } }
        @{ Expected = 'LockTimeout'; Where = { $held = New-TestRepository; $holder = Open-BorgRepository $held -Exclusive; $held }; Options = @{ LockWait = 0 } }
        @{ Expected = 'InvalidArgument'; Where = { $TestDrive }; Options = { @{ Repository = ($holder = Open-BorgRepository (New-TestRepository)) } } }
    ) {
        $holder = $null
        $place = . $Where
        $given = $Options -is [scriptblock] ? (. $Options) : ($Options ?? @{})
        Get-ShortId (Get-ErrorOf { New-Drive $place $given }) | Should -Be $Expected
        Get-PSDrive -Name borg -ErrorAction Ignore | Should -BeNullOrEmpty
        ${holder}?.Dispose()
    }

    It 'is found from a path relative to the location, with wildcard characters in it' {
        $path = New-TestRepository -Name 'a [1] b'
        Set-Location -LiteralPath (Split-Path $path)
        New-Drive './a [1] b'
        (Get-PSDrive borg).Root | Should -Be $path
        (Get-ChildItem borg:/objects).Count | Should -Be 3
        (Get-ChildItem borg:/objects/02*).Count | Should -Be 1
        Get-Content -LiteralPath "borg:/objects/$(Get-Id '02')" | Should -Be 'object 02'
    }

    It 'tells two drives apart, one path of which begins like the other' {
        $path = New-TestRepository -Name 'repo'
        $longer = "$path.2"
        Copy-Item -LiteralPath $path -Destination $longer -Recurse
        $null = Set-BorgObject $longer (Get-Id '04') (Get-Bytes 'only here')
        New-Drive $path
        New-Drive $longer @{} 'second'
        Get-ChildItem second:/objects | Get-Item | Should -HaveCount 4
        Get-ChildItem borg:/objects | Get-Item | Should -HaveCount 3
        (Get-Item "BorgRepository::$longer/objects/$(Get-Id '04')").Size | Should -Be 9
        Get-ShortId (Get-ErrorOf { Get-Item "BorgRepository::$path.3/objects" }) | Should -Be 'DriveNotFound'
    }
}

Describe 'The path of an item' {
    It 'is understood by the rules of <System>: <Root> and <Path>' -ForEach @(
        @{ System = 'Windows'; Root = 'D:\Backups\repo'; Path = 'D:\Backups\repo\segments\17'; Expected = 'segments', '17' }
        @{ System = 'Windows'; Root = 'D:\Backups\repo'; Path = 'd:/backups/REPO/Objects'; Expected = 'Objects' }
        @{ System = 'Windows'; Root = 'D:\'; Path = 'D:\objects'; Expected = 'objects' }
        @{ System = 'Windows'; Root = '\\server\share\repo'; Path = '\\server\share\repo\segments\0\8'; Expected = 'segments', '0', '8' }
        @{ System = 'Windows'; Root = 'D:\Backups\repo'; Path = 'D:\Backups\repo2\objects'; Expected = $null }
        @{ System = 'Unix'; Root = '/backups/repo'; Path = '/backups/repo/segments/17'; Expected = 'segments', '17' }
        @{ System = 'Unix'; Root = '/backups/repo'; Path = '/backups/Repo/segments'; Expected = $null }
        @{ System = 'Unix'; Root = '/'; Path = '/objects'; Expected = 'objects' }
        @{ System = 'Unix'; Root = '/back\slash'; Path = '/back/slash/objects'; Expected = $null }
        @{ System = 'Unix'; Root = '/backups/repo'; Path = '/backups/repository'; Expected = $null }
    ) {
        $split = [BorgRepo.BorgObject].Assembly.GetType('BorgRepo.Provider.DrivePath').GetMethod('Split', [type[]]([string], [string], [bool]))
        $split.Invoke($null, @($Root, $Path, ($System -eq 'Windows'))) | Should -Be $Expected
    }
}

Describe 'A drive of a damaged repository' {
    AfterEach {
        Remove-Drive
    }

    BeforeEach {
        $path = New-TestRepository
        $file = Get-SegmentPath $path 0
    }

    It 'lists what can be read, and says what cannot' {
        # The size in the header of the second entry: nothing behind it can be followed.
        Edit-Segment $path 0 (58 + 7)
        New-Drive $path
        $found = Get-ChildItem borg:/objects -ErrorVariable problems -ErrorAction SilentlyContinue -WarningAction SilentlyContinue
        $found.Id | Should -Be (Get-Id '01'), (Get-Id '03')
        $problems | Should -HaveCount 1
        Get-ShortId $problems[0] | Should -Be 'IntegrityError'
        $problems[0].TargetObject | Should -Be (Get-Id '02')
        $entries = Get-ChildItem borg:/segments/0
        $entries.Kind | Should -Be 'Put', 'Damage', 'Put'
        (Get-Item "borg:/segments/0/$($entries[1].Offset)").Kind | Should -Be 'Damage'
        (Get-Item "borg:/segments/0/$($entries[2].Offset)").Id | Should -Be (Get-Id '03')
    }

    It 'gives no wrong content' {
        Edit-Segment $path 0 -1
        New-Drive $path
        $problem = Get-ErrorOf { Get-Content borg:/objects/03* }
        Get-ShortId $problem | Should -Be 'IntegrityError'
        $problem.CategoryInfo.Category | Should -Be 'InvalidData'
        Get-ChildItem borg:/objects | Get-Content -ErrorAction SilentlyContinue | Should -Be 'object 01', 'object 02'
        $place = (Get-ChildItem borg:/segments/0)[-1]
        Get-ShortId (Get-ErrorOf { Get-Content "borg:/segments/0/$($place.Offset)" }) | Should -Be 'IntegrityError'
    }
}

Describe 'A long list of a drive' {
    AfterEach {
        Remove-Drive
    }

    It 'is given as it is read' {
        $path = New-TestRepository
        $null = Set-BorgObject $path (Get-Id '04') (Get-Bytes 'in a second segment')
        $session = Open-BorgRepository $path
        New-Drive '' @{ Repository = $session }
        # Who has the first segment while the others cannot be read any more, got it before they were.
        $seen = Get-ChildItem borg:/segments -ErrorVariable problems -ErrorAction SilentlyContinue | ForEach-Object { $session.Dispose(); $_ }
        $seen.Segment | Should -Be 0, 1 -Because 'there is nothing but a COMMIT in the second one'
        Get-ShortId $problems[0] | Should -Be 'RepositoryClosed'
    }

    It 'ends as soon as enough was seen' {
        $path = New-TestRepository
        New-Drive $path
        Get-ChildItem borg:/ -Recurse | Select-Object -First 5 | Should -HaveCount 5
        Remove-PSDrive borg
        Test-Unlocked $path | Should -BeTrue
    }

    It 'is ended by Ctrl-C: <Name>' -ForEach @(
        @{ Name = 'listing'; Script = 'while ($true) { Get-ChildItem here:/ -Recurse | ForEach-Object { $signal.Set() } }' }
        @{ Name = 'names'; Script = 'while ($true) { Get-ChildItem here:/objects -Name | ForEach-Object { $signal.Set() } }' }
        @{ Name = 'content'; Script = 'while ($true) { Get-Content here:/objects/* -AsByteStream | ForEach-Object { $signal.Set() } }' }
    ) {
        $path = New-TestRepository
        $signal = [Threading.ManualResetEventSlim]::new()
        Assert-StopsSoon "`$null = New-PSDrive here BorgRepository `$path -NoLock; $Script" { $signal.IsSet } @{ path = $path; signal = $signal }
    }
}
