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

Describe 'The about topic <_>' -ForEach 'about_BorgRepo', 'about_BorgRepo_Objects', 'about_BorgRepo_Recovery' {
    It 'is found and names only cmdlets that exist' {
        $text = Get-Help -Name $_ | Out-String -Width 500
        $text | Should -Match 'SHORT DESCRIPTION'
        [regex]::Matches($text, '\b[A-Z][a-z]+-Borg\w+').Value | Sort-Object -Unique | ForEach-Object {
            Get-Command -Module BorgRepo -Name $_ -ErrorAction Ignore | Should -Not -BeNullOrEmpty -Because "$_ is named"
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
