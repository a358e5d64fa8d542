#Requires -Version 7.6

# Runs the examples of all help pages; the rules are in docs/contributing.md, "Help pages".

BeforeDiscovery {
    $root = Split-Path (Split-Path $PSScriptRoot)
    . (Join-Path $root 'docs/HelpPage.ps1')
    $examples = foreach ($file in Get-ChildItem -LiteralPath (Join-Path $root 'docs/en-US') -Filter '*-*.md') {
        foreach ($topic in Get-PageTopic (Read-HelpPage $file.FullName) 'EXAMPLES' | Where-Object Name) {
            @{
                Page = $file.BaseName
                Title = $topic.Name
                Code = (Get-PageBlock $topic | Where-Object Kind -EQ 'powershell' | ForEach-Object Text) -join "`n"
            }
        }
    }
    $abouts = (Get-ChildItem -LiteralPath (Join-Path $root 'docs/en-US') -Filter 'about_*.help.txt').Name -replace '\.help\.txt$'
}

BeforeAll {
    $root = Split-Path (Split-Path $PSScriptRoot)
    Import-Module (Join-Path $root 'BorgRepo.psd1') -ErrorAction Stop
    $template = Join-Path $TestDrive 'template'
    $null = New-Item -ItemType Directory -Path $template
    & (Join-Path $PSScriptRoot 'New-ExampleFolder.ps1') -Path $template

    # One runspace that forgets its variables between examples: importing the module for each would take most of the time.
    $state = [Management.Automation.Runspaces.InitialSessionState]::CreateDefault2()
    $state.ImportPSModule((Join-Path $root 'BorgRepo.psd1'))
    $runspace = [runspacefactory]::CreateRunspace($state)
    $runspace.Open()

    function Invoke-Example([string] $Code, [string] $Folder) {
        $runspace.ResetRunspaceState()
        $shell = [powershell]::Create($runspace)
        try {
            $null = $shell.AddScript("`$ErrorActionPreference = 'Stop'; `$ConfirmPreference = 'None'; Set-Location -LiteralPath '$Folder'").Invoke()
            $shell.Commands.Clear()
            $null = $shell.AddScript($Code).Invoke()
            $shell.Streams.Error | ForEach-Object { "error: $_" }
            $shell.Streams.Warning | ForEach-Object { "warning: $_" }
        } finally {
            $shell.Dispose()
        }
    }
}

AfterAll {
    $runspace.Dispose()
}

Describe 'The examples of <Page>' -ForEach $examples {
    It 'run: <Title>' {
        $Code | Should -Not -BeNullOrEmpty
        $folder = Join-Path $TestDrive ([guid]::NewGuid().ToString('N'))
        Copy-Item -LiteralPath $template -Destination $folder -Recurse
        Invoke-Example $Code $folder | Should -BeNullOrEmpty
    }
}

Describe 'The about topic <_>' -ForEach $abouts {
    It 'is found and names only cmdlets that exist' {
        $text = Get-Help -Name $_ | Out-String -Width 500
        $text | Should -Match 'SHORT DESCRIPTION'
        [regex]::Matches($text, '\b[A-Z][a-z]+-Borg\w+').Value | Sort-Object -Unique | ForEach-Object {
            Get-Command -Module BorgRepo -Name $_ -ErrorAction Ignore | Should -Not -BeNullOrEmpty -Because "$_ is named"
        }
    }
    It 'names only topics and scripts that exist, and is named by another one' {
        $folder = Join-Path $root 'docs/en-US'
        $text = Get-Content -LiteralPath (Join-Path $folder "$_.help.txt") -Raw
        foreach ($name in [regex]::Matches($text, '\babout_BorgRepo\w*').Value) {
            Test-Path -LiteralPath (Join-Path $folder "$name.help.txt") | Should -BeTrue -Because "$name is named"
        }
        foreach ($name in [regex]::Matches($text, '\b[\w@.-]+\.(?:ps1|service|timer|cron)\b').Value) {
            Get-ChildItem -LiteralPath (Join-Path $root 'docs/examples') -Recurse -Filter $name | Should -Not -BeNullOrEmpty -Because "$name is named"
        }
        $others = Get-ChildItem -LiteralPath $folder -Filter 'about_*.help.txt' | Where-Object Name -NE "$_.help.txt"
        $others | Select-String -Pattern "\b$_\b" | Should -Not -BeNullOrEmpty
    }

    It 'has examples that are PowerShell, and fits in a window' {
        $lines = Get-Content -LiteralPath (Join-Path $root "docs/en-US/$_.help.txt")
        $lines | Where-Object Length -GT 125 | Should -BeNullOrEmpty
        foreach ($block in ($lines -join "`n") -split '\n{2,}' | Where-Object { $_ -notmatch '(?m)^ {0,7}\S' }) {
            $problems = $null
            $null = [Management.Automation.Language.Parser]::ParseInput($block, [ref]$null, [ref]$problems)
            $problems | Should -BeNullOrEmpty -Because $block
        }
    }
}

Describe 'about_BorgRepo_Objects' {
    It 'has every property of every type that scripts see, and every name of an enumeration, and no other' {
        $assembly = [BorgRepo.BorgHealth].Assembly
        $expected = foreach ($type in $assembly.GetExportedTypes() | Where-Object { $_.Namespace -eq 'BorgRepo' -and $_.Name -like 'Borg*' }) {
            $type.Name
            @($type.IsEnum ? $type.GetEnumNames() : $type.GetProperties('Public, Instance, DeclaredOnly').Name) | ForEach-Object { "$($type.Name).$_" }
        }
        $heading = ''
        $described = foreach ($line in [IO.File]::ReadAllLines((Join-Path $root 'docs/en-US/about_BorgRepo_Objects.help.txt'))) {
            if ($line -match '^Borg\w+$') {
                $heading = $line
                $heading
            } elseif ($line -match '^ {6}(\w+) +\S') {
                "$heading.$($Matches[1])"
            }
        }
        $described.Count | Should -BeGreaterThan 200
        $expected | Where-Object { $_ -notmatch '\.$' -and $_ -notin $described } | Should -BeNullOrEmpty -Because 'docs/Update-HelpPage.ps1 writes them after a build'
        $described | Where-Object { $_ -notin $expected } | Should -BeNullOrEmpty
    }
}

Describe 'The README' {
    It 'names only cmdlets and parameters that exist' {
        $named = Select-String -LiteralPath (Join-Path $root 'README.md') -Pattern '(?<!Get-Help )\b[A-Z][a-z]+-Borg\w+[^`|;]*' -AllMatches | ForEach-Object { $_.Matches.Value }
        $named.Count | Should -BeGreaterThan 20
        foreach ($text in $named) {
            $command = Get-Command -Module BorgRepo -Name ([regex]::Match($text, '^[\w-]+').Value) -ErrorAction Ignore
            $command | Should -Not -BeNullOrEmpty -Because $text
            foreach ($parameter in [regex]::Matches(($text -replace '#.*'), ' -([A-Z]\w+)')) {
                $parameter.Groups[1].Value | Should -BeIn $command.Parameters.Keys -Because $text
            }
        }
    }
}
