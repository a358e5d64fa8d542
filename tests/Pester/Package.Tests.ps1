#Requires -Version 7.6

# What build.ps1 -Task Package makes, as somebody gets it who has nothing else.

BeforeAll {
    $root = Split-Path (Split-Path $PSScriptRoot)
    $manifestPath = Join-Path $root 'BorgRepo.psd1'
    $version = (Import-PowerShellDataFile -LiteralPath $manifestPath).ModuleVersion

    # A process of its own, which finds modules in one folder only and has no home to remember anything in.
    function Invoke-Alone([string] $Script, [string] $ModulePath) {
        $file = Join-Path $TestDrive "$([guid]::NewGuid().ToString('N')).ps1"
        Set-Content -LiteralPath $file -Value "`$ErrorActionPreference = 'Stop'`n$Script"
        $program = [Environment]::ProcessPath
        $prefix = @(if ([IO.Path]::GetFileNameWithoutExtension($program) -eq 'dotnet') { Join-Path $PSHOME 'pwsh.dll' })
        $settings = @{ PSModulePath = $ModulePath; XDG_DATA_HOME = "$TestDrive/data"; XDG_CONFIG_HOME = "$TestDrive/config"; LOCALAPPDATA = "$TestDrive/local" }
        $before = @{}
        foreach ($name in $settings.Keys) {
            $before[$name] = [Environment]::GetEnvironmentVariable($name)
            [Environment]::SetEnvironmentVariable($name, $settings[$name])
        }
        try {
            (& $program @prefix -NoProfile -NonInteractive -File $file 2>&1 | ForEach-Object { "$_" }) -join "`n"
        } finally {
            foreach ($name in $before.Keys) {
                [Environment]::SetEnvironmentVariable($name, $before[$name])
            }
        }
    }

    function New-Package([string] $Name) {
        $folder = Join-Path $TestDrive $Name
        $printed = Invoke-Alone "& '$(Join-Path $root 'src/New-Package.ps1')' -OutputFolder '$folder'" $env:PSModulePath
        Join-Path $folder "BorgRepo.$version.nupkg" | Should -Exist -Because $printed
        $folder
    }

    $first = New-Package 'first'
    $second = New-Package 'a second one'
    $module = Join-Path $first "BorgRepo/$version"
    $use = "New-BorgRepository ./new | ForEach-Object Version; `$null = Set-BorgObject ./new ('ab' * 32) ([byte[]](1, 2, 3)); (Get-BorgObject ./new ('ab' * 32)).Size; (Get-Module BorgRepo).ModuleBase; (Get-Help Get-BorgObject).Synopsis; (Get-Help about_BorgRepo_Drive).Length -gt 1000"
}

Describe 'The package' {
    It 'is the same, byte by byte, when it is made again' {
        $files = Get-ChildItem -LiteralPath $first -File
        $files.Name | Where-Object { $_ -match '\.(zip|nupkg)$' } | Should -HaveCount 3
        foreach ($file in $files) {
            (Get-FileHash -LiteralPath (Join-Path $second $file.Name)).Hash | Should -Be (Get-FileHash -LiteralPath $file.FullName).Hash -Because $file.Name
        }
    }

    It 'has a sum for each archive, in the form that sha256sum checks' {
        foreach ($file in Get-ChildItem -LiteralPath $first -File | Where-Object Extension -NE '.sha256') {
            $line = [IO.File]::ReadAllText("$($file.FullName).sha256")
            $line | Should -BeExactly "$((Get-FileHash -LiteralPath $file.FullName).Hash.ToLowerInvariant())  $($file.Name)`n"
        }
    }

    It 'works from a module path that has nothing else, by the name of a command' {
        $base = Join-Path $TestDrive 'work'
        $null = New-Item -ItemType Directory -Path $base
        $printed = Invoke-Alone "Set-Location -LiteralPath '$base'; $use" $first
        $printed -split "`n" | Should -Be '1', '3', $module, 'Gets objects of a repository, some by id or all of them.', 'True'
    }

    It 'is taken by a gallery, and is complete after it came back' {
        $gallery = Join-Path $TestDrive 'gallery'
        $saved = Join-Path $TestDrive 'saved'
        $null = New-Item -ItemType Directory -Path $gallery, $saved
        Copy-Item -Path (Join-Path $first '*.nupkg') -Destination $gallery
        $printed = Invoke-Alone @"
Register-PSResourceRepository -Name here -Uri '$gallery' -Trusted
Find-PSResource -Name BorgRepo -Repository here | ForEach-Object { "`$(`$_.Name) `$(`$_.Version) `$(`$_.Type)" }
Save-PSResource -Name BorgRepo -Repository here -Path '$saved' -TrustRepository
Set-Location -LiteralPath '$saved'
`$env:PSModulePath = '$saved'
$use
"@ $env:PSModulePath
        $printed | Should -Match "^BorgRepo $([regex]::Escape($version)) "
        $printed | Should -Match "(?m)^$([regex]::Escape((Join-Path $saved "BorgRepo/$version")))$"
        foreach ($file in Get-ChildItem -LiteralPath $module -Recurse -File) {
            $name = [IO.Path]::GetRelativePath($module, $file.FullName)
            $copy = Join-Path $saved "BorgRepo/$version/$name"
            $copy | Should -Exist
            (Get-FileHash -LiteralPath $copy).Hash | Should -Be (Get-FileHash -LiteralPath $file.FullName).Hash -Because $name
        }
    }

    It 'has the manifest of the checkout, and in it what the changelog says' {
        $packed = Import-PowerShellDataFile -LiteralPath (Join-Path $module 'BorgRepo.psd1')
        $notes = $packed.PrivateData.PSData.ReleaseNotes
        $notes | Should -Match '^### Added\n'
        $notes | Should -Match '`Invoke-BorgRepoCheck`'
        $notes | Should -Not -Match '(?m)^## '
        $notes.Length | Should -BeLessThan 35000 -Because 'a gallery takes no more'
        $packed.PrivateData.PSData.Remove('ReleaseNotes')
        $packed | ConvertTo-Json -Depth 5 | Should -BeExactly (Import-PowerShellDataFile -LiteralPath $manifestPath | ConvertTo-Json -Depth 5)
    }

    It 'says of all that is not ours what it is and whose' {
        $foreign = Get-ChildItem -LiteralPath (Join-Path $module 'bin/deps') -Filter '*.dll' | Where-Object Name -NotMatch '^BorgRepo\.'
        $foreign | Should -Not -BeNullOrEmpty
        $notices = [IO.File]::ReadAllText((Join-Path $module 'third-party-notices.md'))
        $bill = Get-Content -LiteralPath (Join-Path $module 'BorgRepo.cdx.json') -Raw | ConvertFrom-Json
        $bill.metadata.component.version | Should -Be $version
        foreach ($file in $foreign) {
            $notices | Should -Match "\b$([regex]::Escape($file.BaseName))\b"
            $entry = $bill.components | Where-Object name -EQ $file.BaseName
            $entry.licenses[0].license.id | Should -Be 'MIT'
            $entry.purl | Should -Be "pkg:nuget/$($file.BaseName)@$($entry.version)"
        }
        # And of nothing that is not in it.
        $bill.components.name | Sort-Object | Should -Be ($foreign.BaseName | Sort-Object)
    }

    It 'has no file of the machine that made it, and no path of it' {
        $names = Get-ChildItem -LiteralPath $module -Recurse -File | ForEach-Object { [IO.Path]::GetRelativePath($module, $_.FullName).Replace('\', '/') }
        $names | Where-Object { $_ -notmatch '^(bin|en-US)/' } | Sort-Object | Should -Be 'BorgRepo.cdx.json', 'BorgRepo.psd1', 'CHANGELOG.md', 'LICENSE', 'README.md', 'third-party-notices.md'
        $names | Where-Object { $_ -match '\.(json|xml|txt|dll|pdb|ps1xml)$' -or $_ -notmatch '^(bin|en-US)/' } | Should -HaveCount $names.Count
        foreach ($file in Get-ChildItem -LiteralPath (Join-Path $module 'bin') -Recurse -File | Where-Object Name -Match '^BorgRepo\.') {
            $bytes = [Text.Encoding]::Latin1.GetString([IO.File]::ReadAllBytes($file.FullName))
            $bytes.Contains($root) | Should -BeFalse -Because "$($file.Name) must not name $root"
        }
    }
}
