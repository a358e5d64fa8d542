#Requires -Version 7.6

# -WhatIf reads, but writes nothing, not even a lock for a moment.

BeforeDiscovery {
    $cases = @(
        @{ Code = 'New-BorgRepository ./new -WhatIf' }
        @{ Code = 'New-BorgRepository ./a/b/c -Force -WhatIf' }
        @{ Code = 'Set-BorgRepository ./repo -AppendOnly -StorageQuota 1GB -WhatIf' }
        @{ Code = 'Remove-BorgRepository ./repo -WhatIf' }
        @{ Code = 'Set-BorgRepositoryKey ./repo text -WhatIf' }
        @{ Code = 'Set-BorgObject ./repo ("aa" * 32) ([byte[]]1) -WhatIf' }
        @{ Code = 'Set-BorgObject ./repo ("aa" * 32) -InFile ./repo/config -WhatIf' }
        @{ Code = 'Get-BorgObject ./repo -NoLock | Remove-BorgObject -WhatIf' }
        @{ Code = 'Import-BorgObject ./repo ./files/* -WhatIf' }
        @{ Code = 'Export-BorgObject ./repo ./out -NoLock -WhatIf' }
        @{ Code = 'Copy-BorgObject ./repo ./other -NoLock -WhatIf' }
        @{ Code = 'Unlock-BorgRepository ./locked -WhatIf' }
        @{ Code = 'Set-BorgObject $session ("aa" * 32) ([byte[]]1) -WhatIf' }
        @{ Code = 'Remove-BorgObject $session ("01" * 32) -WhatIf' }
        @{ Code = 'Copy-BorgObject ./other $session -NoLock -WhatIf' }
        @{ Code = 'Set-BorgRepository $session -AppendOnly -WhatIf' }
    )
}

BeforeAll {
    . (Join-Path $PSScriptRoot 'Fixture.ps1')
    $template = Join-Path $TestDrive 'template'
    $null = New-Item -ItemType Directory -Path $template
    & (Join-Path $PSScriptRoot 'New-ExampleFolder.ps1') -Path $template
    $folder = Join-Path $TestDrive 'work'
    Copy-Item -LiteralPath $template -Destination $folder -Recurse
}

Describe '-WhatIf' {
    It 'changes nothing: <Code>' -ForEach $cases {
        $session = $null
        if ($Code -match '\$session') {
            $session = Open-BorgRepository (Join-Path $folder 'repo') -NoLock
        }
        $before = Get-TreeState $folder
        $shell = New-Shell "Set-Location -LiteralPath '$folder'; $Code" @{ session = $session; WhatIfPreference = $false }
        $shell.Invoke() | Should -BeNullOrEmpty
        $shell.Streams.Error | Should -BeNullOrEmpty
        $shell.Dispose()
        Get-TreeState $folder | Should -Be $before
        ${session}?.Dispose()
    }

    It 'leaves the transaction of a session as it is: <_>' -ForEach 'Complete-BorgTransaction', 'Undo-BorgTransaction' {
        $path = New-TestRepository
        $session = Open-BorgRepository $path -Exclusive
        $null = Set-BorgObject $session (Get-Id 'aa') (Get-Bytes 'x')
        $shell = New-Shell "$_ `$session -WhatIf" @{ session = $session }
        $shell.Invoke() | Should -BeNullOrEmpty
        $shell.Dispose()
        $session.InTransaction | Should -BeTrue
        $session.Dispose()
        Get-ObjectText $path | Should -HaveCount 3
    }

    It 'says what is wrong all the same: <Code>' -ForEach @(
        @{ Code = 'Set-BorgObject ./nothing ("aa" * 32) ([byte[]]1) -WhatIf'; Expected = 'RepositoryNotFound' }
        @{ Code = 'Remove-BorgObject ./files ("aa" * 32) -WhatIf'; Expected = 'InvalidRepository' }
        @{ Code = 'Set-BorgObject ./repo aa ([byte[]]1) -WhatIf'; Expected = 'InvalidId' }
        @{ Code = 'Set-BorgObject ./repo ("aa" * 32) ([byte[]]::new(20971480)) -WhatIf'; Expected = 'ValueTooLarge' }
        @{ Code = 'Import-BorgObject ./repo ./repo/config -WhatIf'; Expected = 'InvalidId' }
        @{ Code = 'Copy-BorgObject ./repo ./nothing -WhatIf'; Expected = 'RepositoryNotFound' }
        @{ Code = 'Copy-BorgRepository ./repo ./other -WhatIf'; Expected = 'CopyRefused' }
        @{ Code = 'Remove-BorgRepository ./files -WhatIf'; Expected = 'InvalidRepository' }
    ) {
        $shell = New-Shell "Set-Location -LiteralPath '$folder'; try { $Code } catch { Write-Error -ErrorRecord `$_ }"
        $null = $shell.Invoke()
        $shell.Streams.Error | ForEach-Object { Get-ShortId $_ } | Should -Be $Expected
        $shell.Dispose()
    }

    It 'is honoured as a preference too' {
        $before = Get-TreeState $folder
        $shell = New-Shell "Set-Location -LiteralPath '$folder'; `$WhatIfPreference = `$true; Set-BorgObject ./repo ('aa' * 32) ([byte[]]1); Remove-BorgRepository ./repo"
        $null = $shell.Invoke()
        $shell.Dispose()
        Get-TreeState $folder | Should -Be $before
    }
}
