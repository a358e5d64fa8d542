#Requires -Version 7.6

# Restore-BorgTransaction: going back, what is kept, and the way forward again.

BeforeAll {
    . (Join-Path $PSScriptRoot 'Fixture.ps1')
    . (Join-Path $PSScriptRoot 'Vectors.ps1')

    # An append-only repository with four transactions: put 01, change it, put 02, remove 01.
    function New-History {
        $path = New-TestRepository -Pair '01' -Options @{ AppendOnly = $true }
        $null = Set-BorgObject $path (Get-Id '01') (Get-Bytes 'changed')
        $null = Set-BorgObject $path (Get-Id '02') (Get-Bytes 'second')
        $session = Open-BorgRepository $path
        $null = Remove-BorgObject $session (Get-Id '01')
        $null = Complete-BorgTransaction $session
        $session.Dispose()
        $path
    }
}

Describe 'Going back to a transaction' {
    It 'brings back exactly that state, and keeps what was newer' {
        $path = New-History
        $ids = (Get-BorgTransaction $path).TransactionId
        $ids | Should -Be 1, 3, 5, 7
        $segments = @(Get-BorgSegment $path | Where-Object Segment -GT 3)
        $content = $segments | ForEach-Object { (Get-FileHash -LiteralPath $_.Path).Hash }
        $back = Restore-BorgTransaction $path 3 -Confirm:$false
        $back | Should -BeOfType BorgRepo.BorgTransaction
        $back.TransactionId | Should -Be 3
        $back.Current | Should -BeTrue
        $back.Objects | Should -Be 1
        $back.BackupPath | Should -Match ([regex]::Escape((Join-Path $path 'after-3.')) + '\d{8}T\d{6}Z$')
        Get-ObjectText $path | Should -Be '01=changed'
        (Get-BorgTransaction $path).State | Should -Be Committed, Committed, Gone, Gone
        $segments | ForEach-Object { (Get-FileHash -LiteralPath (Join-Path $back.BackupPath $_.Segment)).Hash } | Should -Be $content
        (Invoke-BorgRepoCheck $path).Conclusion | Should -Be Sound
        Test-Unlocked $path | Should -BeTrue
    }

    It 'says what it does as a plan, and asks' {
        $path = New-History
        $before = Get-TreeState $path
        $shell = New-Shell "Restore-BorgTransaction '$path' 3 -WhatIf"
        $shell.Invoke() | Should -BeNullOrEmpty
        $shell.Streams.Error | Should -BeNullOrEmpty
        $shell.Dispose()
        $shell = New-Shell "Restore-BorgTransaction '$path' 3"
        $shell.Invoke() | Should -BeNullOrEmpty
        $shell.Streams.Error | Should -HaveCount 1 -Because 'nobody is there to be asked'
        $shell.Dispose()
        Get-TreeState $path | Should -Be $before
        $said = Restore-BorgTransaction $path 3 -Confirm:$false -Verbose 4>&1 | Where-Object { $_ -is [Management.Automation.VerboseRecord] }
        "$said" | Should -Match 'Go back to transaction 3: 4 newer segments \([\d.]+ B, transactions 5, 7\) are moved aside'
    }

    It 'takes one transaction from the pipeline, also after it went through a file' {
        $path = New-History
        (Get-BorgTransaction $path | Where-Object TransactionId -EQ 5 | Restore-BorgTransaction -Confirm:$false).TransactionId | Should -Be 5
        $file = Join-Path (New-TestFolder) 'transaction.xml'
        Get-BorgTransaction $path | Where-Object TransactionId -EQ 3 | Export-Clixml -LiteralPath $file
        (Import-Clixml -LiteralPath $file | Restore-BorgTransaction -Confirm:$false).TransactionId | Should -Be 3
    }

    It 'never chooses among several' {
        $path = New-History
        $other = New-History
        $before = Get-TreeState $path -ContentOnly
        $done = & { Get-BorgTransaction $path; Get-BorgTransaction $other | Where-Object TransactionId -EQ 1 } |
            Restore-BorgTransaction -Confirm:$false -ErrorVariable problem -ErrorAction SilentlyContinue
        Get-ShortId $problem[0] | Should -Be AmbiguousTransaction
        $problem[0].TargetObject | Should -Be $path
        $done.RepositoryPath | Should -Be $other
        Get-TreeState $path -ContentOnly | Should -Be $before
    }

    It 'does nothing if nothing is newer, and is not fooled by a repository without transactions' {
        $path = New-History
        $before = Get-TreeState $path -ContentOnly
        $back = Restore-BorgTransaction $path 7 -Confirm:$false
        $back.TransactionId | Should -Be 7
        $back.BackupPath | Should -BeNullOrEmpty
        (Get-BorgRepository $path | Restore-BorgTransaction -Confirm:$false).TransactionId | Should -Be 7
        Get-TreeState $path -ContentOnly | Should -Be $before
        $empty = Join-Path (New-TestFolder) 'repo'
        New-BorgRepository $empty -AppendOnly | Restore-BorgTransaction -Confirm:$false -ErrorVariable problem -ErrorAction SilentlyContinue
        $problem | Should -Not -BeNullOrEmpty
        Get-ChildItem -LiteralPath $empty -Filter 'after-*' | Should -BeNullOrEmpty
    }

    It 'refuses what is no transaction: <_>' -ForEach 0, 2, 4, 99 {
        $path = New-History
        $before = Get-TreeState $path
        Get-ShortId (Get-ErrorOf { Restore-BorgTransaction $path $_ -Confirm:$false }) | Should -Be InvalidTransactionState
        Get-TreeState $path | Should -Be $before
    }

    It 'refuses a repository that is not append-only unless forced' {
        $path = New-TestRepository
        $null = Set-BorgObject $path (Get-Id 'aa') (Get-Bytes 'x')
        $problem = Get-ErrorOf { Restore-BorgTransaction $path 1 -Confirm:$false }
        Get-ShortId $problem | Should -Be InvalidTransactionState
        "$problem" | Should -Match 'not append-only'
        (Restore-BorgTransaction $path 1 -Force -Confirm:$false).Objects | Should -Be 3
    }

    It 'uses the session given, which then sees the old state, and refuses one for reading or in a transaction' {
        $path = New-History
        $session = Open-BorgRepository $path -ReadOnly
        Get-ShortId (Get-ErrorOf { Restore-BorgTransaction $session 3 -Confirm:$false }) | Should -Be InvalidTransactionState
        $session.Dispose()
        $session = Open-BorgRepository $path
        $null = Set-BorgObject $session (Get-Id 'aa') (Get-Bytes 'x')
        Get-ShortId (Get-ErrorOf { Restore-BorgTransaction $session 3 -Confirm:$false }) | Should -Be InvalidTransactionState
        $null = Undo-BorgTransaction $session
        $null = Restore-BorgTransaction $session 3 -Confirm:$false
        (Get-BorgObject $session).Id | Should -Be (Get-Id '01')
        $null = Set-BorgObject $session (Get-Id 'bb') (Get-Bytes 'new')
        $null = Complete-BorgTransaction $session
        $session.Dispose()
        Get-ObjectText $path | Should -Be '01=changed', 'bb=new'
    }

    It 'can be taken back as the help describes' {
        $path = New-History
        $before = Get-ObjectText $path
        $back = Restore-BorgTransaction $path 1 -Confirm:$false
        $perFolder = (Get-BorgRepository $path).SegmentsPerDirectory
        foreach ($file in Get-ChildItem -LiteralPath $back.BackupPath | Where-Object Name -Match '^\d+$') {
            $folder = Join-Path $path "data/$([Math]::Floor([int]$file.Name / $perFolder))"
            $null = New-Item -ItemType Directory -Path $folder -Force
            Move-Item -LiteralPath $file.FullName -Destination $folder
        }
        Get-ObjectText $path 3> $null | Should -Be $before
        (Invoke-BorgRepoCheck $path | Where-Object Severity -EQ Error) | Should -BeNullOrEmpty
    }

    It 'tells the time of a number that is used again' {
        $path = New-History
        $null = Restore-BorgTransaction $path 3 -Confirm:$false
        $log = Join-Path $path 'transactions'
        (Get-Content -LiteralPath $log) -replace '(transaction 5, UTC time )\d{4}', '${1}2001' | Set-Content -LiteralPath $log
        $null = Set-BorgObject $path (Get-Id 'aa') (Get-Bytes 'x')
        (Get-BorgTransaction $path | Where-Object TransactionId -EQ 5).Time.Year | Should -Be ([datetime]::UtcNow.Year)
    }
}

Describe 'Real borg' {
    It 'opens the result and goes on' {
        $path = Join-Path (New-TestFolder) 'repo'
        $null = Invoke-Borg 'init', '--append-only', '--encryption', 'none', $path
        $files = New-TestFolder
        foreach ($name in 'one', 'two', 'three') {
            Set-Content -LiteralPath (Join-Path $files $name) -Value "file $name"
            $null = Invoke-Borg 'create', "${path}::$name", $files
        }
        $null = Invoke-Borg 'delete', "${path}::one"
        Invoke-Borg 'list', '--short', $path | Should -Be 'two', 'three'
        # borg names the transaction after each command in its log.
        $ids = (Get-BorgTransaction $path).TransactionId
        $null = Restore-BorgTransaction $path $ids[-2] -Confirm:$false
        # A client remembers how new the repository was, and refuses an older one until it is told that this is meant.
        Get-ChildItem -LiteralPath (Join-Path $TestDrive 'borg') -Recurse -Force -Filter 'manifest-timestamp' | Remove-Item
        $null = Invoke-Borg 'delete', '--cache-only', $path
        Invoke-Borg 'list', '--short', $path | Should -Be 'one', 'two', 'three'
        $null = Invoke-Borg 'check', $path
        $null = Invoke-Borg 'create', "${path}::four", $files
        Invoke-Borg 'list', '--short', $path | Should -Be 'one', 'two', 'three', 'four'
        (Invoke-BorgRepoCheck $path | Where-Object Severity -EQ Error) | Should -BeNullOrEmpty
    }

    It 'checks a repository clean that was gone back in' {
        $path = Expand-Vector 'append-only'
        $null = Restore-BorgTransaction $path 5 -Confirm:$false
        $null = Invoke-Borg 'check', '--repository-only', $path
    }
}
