#Requires -Version 7.6

# What a person sees and what the Tab key gives.

BeforeAll {
    . (Join-Path $PSScriptRoot 'Fixture.ps1')
    $path = New-TestRepository
    $session = Open-BorgRepository $path
    $null = Set-BorgObject $session (Get-Id 'aa') ([byte[]]::new(1234567))
    $done = Complete-BorgTransaction $session

    function Get-Lines($InputObject, [string] $View = 'Table') {
        $text = $InputObject | & "Format-$View" | Out-String -Width 80
        $text -split '\r?\n' | Where-Object { $_.Trim() }
    }

    function Get-Completion([string] $Line) {
        [Management.Automation.CommandCompletion]::CompleteInput($Line, $Line.Length, $null).CompletionMatches.CompletionText
    }
}

AfterAll {
    $session.Dispose()
}

Describe 'The views' {
    It 'show a table and a list of <Name> within 80 columns' -ForEach @(
        @{ Name = 'BorgRepositoryInfo'; Get = { Get-BorgRepository $path } }
        @{ Name = 'BorgRepository'; Get = { $session } }
        @{ Name = 'BorgObject'; Get = { Get-BorgObject $session } }
        @{ Name = 'BorgTransaction'; Get = { $done } }
        @{ Name = 'BorgLock'; Get = { Get-BorgLock $path } }
    ) {
        $items = @(& $Get)
        $items[0].GetType().FullName | Should -Be "BorgRepo.$Name"
        foreach ($view in 'Table', 'List') {
            $lines = Get-Lines $items $view
            $lines | Should -Not -BeNullOrEmpty
            $lines | Where-Object Length -GT 80 | Should -BeNullOrEmpty
        }
        $views = Get-FormatData -TypeName "BorgRepo.$Name" -PowerShellVersion $PSVersionTable.PSVersion
        $views.FormatViewDefinition.Control | ForEach-Object { $_.GetType().Name } | Should -Be 'TableControl', 'ListControl'
    }

    It 'shorten ids to twelve digits in the table only, and set sizes apart' {
        $object = Get-BorgObject $session 'aa'
        $lines = Get-Lines $object
        $lines[0] | Should -MatchExactly '^Id +Size +Segment +Offset *$'
        $lines[-1] | Should -MatchExactly "^a{12}$([char]0x2026) +$('{0:N0}' -f 1234567) "
        (Get-Lines $object 'List')[0] | Should -MatchExactly "^Id +: a{64}$"
    }

    It 'name only properties that exist' {
        foreach ($type in 'BorgRepositoryInfo', 'BorgRepository', 'BorgObject', 'BorgTransaction', 'BorgLock') {
            $names = ([type]"BorgRepo.$type").GetProperties().Name
            $views = Get-FormatData -TypeName "BorgRepo.$type" -PowerShellVersion $PSVersionTable.PSVersion
            $shown = foreach ($control in $views.FormatViewDefinition.Control) {
                $entries = $control -is [Management.Automation.TableControl] ? $control.Rows.Columns : $control.Entries.Items
                $entries.DisplayEntry.Value
            }
            $shown | Where-Object { $_ -notin $names } | Should -BeNullOrEmpty
            (Get-TypeData -TypeName "BorgRepo.$type").DefaultDisplayPropertySet.ReferencedProperties | Where-Object { $_ -notin $names } | Should -BeNullOrEmpty
            (Get-TypeData -TypeName "BorgRepo.$type").DefaultKeyPropertySet.ReferencedProperties | Where-Object { $_ -notin $names } | Should -BeNullOrEmpty
        }
    }

    It 'leave JSON plain' {
        $info = Get-BorgRepository $path | ConvertTo-Json -WarningVariable said | ConvertFrom-Json
        $said | Should -BeNullOrEmpty
        $info.Path | Should -Be $path
        $info.Objects | Should -Be 4
        $info.PSObject.Properties.Name | Should -Not -Contain 'Repository'
    }

    It 'have a text for everything' {
        "$(Get-BorgObject $session 'aa')" | Should -Be (Get-Id 'aa')
        "$session" | Should -Be $path
        "$done" | Should -Be $done.TransactionId
    }
}

Describe 'The Tab key' {
    BeforeAll {
        $global:borgTestSession = $session
        $null = Get-BorgObject $session -First 1
    }

    AfterAll {
        Remove-Variable -Name borgTestSession -Scope Global
    }

    It 'completes ids of an open session: <Line>' -ForEach @(
        @{ Line = 'Get-BorgObject -Repository $borgTestSession -Id a'; Expected = , 'aa' }
        @{ Line = 'Get-BorgObject $borgTestSession A'; Expected = , 'aa' }
        @{ Line = 'Remove-BorgObject $borgTestSession 0'; Expected = '01', '02', '03' }
        @{ Line = 'Test-BorgObject $borgTestSession -Id '; Expected = '01', '02', '03', 'aa' }
        @{ Line = 'Set-BorgObject $borgTestSession 02'; Expected = , '02' }
        @{ Line = 'Get-BorgObject $borgTestSession -After 03'; Expected = , '03' }
        @{ Line = 'Export-BorgObject $borgTestSession ./x -Id 03'; Expected = , '03' }
        @{ Line = 'Get-BorgObject $borgTestSession -Id b'; Expected = @() }
    ) {
        (Get-Completion $Line | Where-Object { $_ } | ForEach-Object { $_.Trim("'") }) | Should -Be ($Expected | ForEach-Object { Get-Id $_ })
    }

    It 'takes no lock, opens nothing and reads no index' {
        $one = New-TestRepository
        $global:borgTestSession = Open-BorgRepository $one -ReadOnly
        Remove-Item -Path (Join-Path $one 'index.*')
        $before = Get-TreeState $one
        Get-Completion 'Get-BorgObject -Repository $borgTestSession -Id 0' | Where-Object { $_ -match '^[''0-9a-f]{64}' } | Should -BeNullOrEmpty
        $global:borgTestSession.Dispose()
        { Get-Completion 'Get-BorgObject -Repository $borgTestSession -Id 0' } | Should -Not -Throw
        Get-Completion "Get-BorgObject -LiteralPath $one -Id 0" | Where-Object { $_ -match '^[''0-9a-f]{64}' } | Should -BeNullOrEmpty
        $global:borgTestSession = $session
        (Get-TreeState $one) -notmatch '^lock|^\. ' | Should -Be ($before -notmatch '^lock|^\. ')
    }

    It 'gives at most fifty' {
        $one = New-TestRepository
        $null = 0..199 | ForEach-Object { [pscustomobject]@{ Id = 'b{0:x63}' -f $_; Value = [byte[]]$_ } } | Set-BorgObject $one
        $global:borgTestSession = Open-BorgRepository $one -ReadOnly
        $null = Get-BorgObject $global:borgTestSession -First 1
        @(Get-Completion 'Get-BorgObject $borgTestSession b').Count | Should -BeGreaterThan 1
        @(Get-Completion 'Get-BorgObject $borgTestSession b').Count | Should -BeLessOrEqual 50
        $global:borgTestSession.Dispose()
        $global:borgTestSession = $session
    }
}

Describe 'Progress' {
    It 'is shown for what takes long, with what is done, and taken away' {
        $from = New-TestRepository
        $null = 0..4999 | ForEach-Object { [pscustomobject]@{ Id = '{0:x64}' -f $_; Value = [byte[]]::new(1000) } } | Set-BorgObject $from
        $to = New-TestRepository 'ff'
        $shell = New-Shell 'while ($shell.Streams.Progress.Count -lt 2) { Get-BorgObject $to | Remove-BorgObject; Copy-BorgObject $from $to | Out-Null }' @{ from = $from; to = $to }
        $shell.Runspace.SessionStateProxy.SetVariable('shell', $shell)
        $null = $shell.Invoke()
        $shell.Streams.Error | Should -BeNullOrEmpty
        $records = $shell.Streams.Progress
        $copying = $records | Where-Object Activity -Like 'Copying objects to *'
        $copying | Should -Not -BeNullOrEmpty
        $copying[0].PercentComplete | Should -BeGreaterOrEqual 0
        $copying[0].SecondsRemaining | Should -BeGreaterOrEqual 0
        $copying[-1].RecordType | Should -Be 'Completed'
        $shell.Dispose()
    }
}
