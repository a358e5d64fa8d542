#Requires -Version 7.6

BeforeDiscovery {
    $root = Split-Path (Split-Path $PSScriptRoot)
    $exported = (Import-PowerShellDataFile -LiteralPath (Join-Path $root 'BorgRepo.psd1')).CmdletsToExport
}

BeforeAll {
    $root = Split-Path (Split-Path $PSScriptRoot)
    $manifestPath = Join-Path $root 'BorgRepo.psd1'
    $manifest = Import-PowerShellDataFile -LiteralPath $manifestPath
    $module = Import-Module $manifestPath -PassThru -ErrorAction Stop

    # Cmdlet classes as they are in the compiled assembly, whether exported or not.
    $assembly = $module.ImplementingAssembly ?? [BorgRepo.ModuleLoader].Assembly
    $cmdletTypes = $assembly.GetExportedTypes() | Where-Object { -not $_.IsAbstract -and $_.IsSubclassOf([Management.Automation.Cmdlet]) }

    # Runs a script text in a new process and gives what it printed, joined.
    function Invoke-Fresh([string] $Script, [string] $ModulePath) {
        $file = Join-Path $TestDrive "$([guid]::NewGuid().ToString('N')).ps1"
        Set-Content -LiteralPath $file -Value "`$ErrorActionPreference = 'Stop'`n$Script"
        $program = [Environment]::ProcessPath
        $prefix = @(if ([IO.Path]::GetFileNameWithoutExtension($program) -eq 'dotnet') { Join-Path $PSHOME 'pwsh.dll' })
        $before = $env:PSModulePath
        try {
            if ($ModulePath) {
                $env:PSModulePath = $ModulePath
            }
            (& $program @prefix -NoProfile -NonInteractive -File $file 2>&1 | ForEach-Object { "$_" }) -join "`n"
        } finally {
            $env:PSModulePath = $before
        }
    }

    # What is loaded, with the name of its context.
    $showLoaded = '[Runtime.Loader.AssemblyLoadContext]::All | ForEach-Object { $c = $_; $c.Assemblies.ForEach{ "$($_.GetName().Name) $($_.GetName().Version) in $($c.Name)" } } | Where-Object { $_ -match "^(BorgRepo|MessagePack|System.IO.Hashing|Microsoft.NET.StringTools)" } | Sort-Object'

    # Makes a repository in the given folder and reads an object back: index, hints, integrity and entries are all touched.
    function Get-UseScript([string] $Folder) {
        "`$null = New-BorgRepository -Path '$Folder'; `$null = Set-BorgObject -LiteralPath '$Folder' -Id ('ab' * 32) -Value ([byte[]](1, 2, 3)); (Get-BorgObject -LiteralPath '$Folder' -Id ('ab' * 32)).Size"
    }
}

Describe 'The manifest' {
    It 'is valid' {
        (Test-ModuleManifest -Path $manifestPath -ErrorAction Stop).Name | Should -Be 'BorgRepo'
    }

    It 'exports the cmdlets of the assembly, all and no others, in order' {
        $compiled = $cmdletTypes | ForEach-Object {
            $attribute = [Attribute]::GetCustomAttribute($_, [Management.Automation.CmdletAttribute])
            "$($attribute.VerbName)-$($attribute.NounName)"
        } | Sort-Object
        $manifest.CmdletsToExport | Should -Be $compiled
        $module.ExportedCmdlets.Keys | Sort-Object | Should -Be $compiled
    }

    It 'exports nothing else' {
        $module.ExportedFunctions.Count | Should -Be 0
        $module.ExportedVariables.Count | Should -Be 0
        @($module.ExportedAliases.Keys | Sort-Object) | Should -Be @($manifest.AliasesToExport | Sort-Object)
    }

    It 'has the version of the assemblies' {
        $expected = [version]"$($manifest.ModuleVersion).0"
        $assembly.GetName().Version | Should -Be $expected
        [Reflection.AssemblyName]::GetAssemblyName((Join-Path $root 'bin/deps/BorgRepo.Core.dll')).Version | Should -Be $expected
    }

    It 'can be read without a template' {
        $manifest.GUID | Should -Be '06aa72d0-24d9-4d6b-8175-6c9135687d19' -Because 'a module keeps its identity for ever'
    }
}

Describe '<_>' -ForEach $exported {
    BeforeAll {
        $command = Get-Command -Module BorgRepo -Name $_ -ErrorAction Stop
        $own = $command.Parameters.Values | Where-Object { $_.Name -notin [Management.Automation.Cmdlet]::CommonParameters -and $_.Name -notin [Management.Automation.Cmdlet]::OptionalCommonParameters }
    }

    It 'has an approved verb and a noun that starts with Borg' {
        (Get-Verb -Verb $command.Verb) | Should -Not -BeNullOrEmpty
        $command.Noun | Should -MatchExactly '^Borg[A-Z]'
    }

    It 'declares what it emits' {
        $silent = 'Close-BorgRepository', 'Remove-BorgObject', 'Remove-BorgRepository', 'Set-BorgRepositoryKey'
        [bool]$command.OutputType | Should -Be ($command.Name -notin $silent)
    }

    It 'has a class of its own, sealed and named after it' {
        $command.ImplementingType.IsSealed | Should -BeTrue
        $command.ImplementingType.FullName | Should -Be "BorgRepo.Commands.$($command.Verb)$($command.Noun)Command"
    }

    It 'has parameters in singular PascalCase that no common parameter hides' {
        $common = [Management.Automation.Cmdlet]::CommonParameters + [Management.Automation.Cmdlet]::OptionalCommonParameters
        foreach ($parameter in $own) {
            $parameter.Name | Should -MatchExactly '^[A-Z][a-zA-Z]*$'
            $parameter.Aliases | Where-Object { $_ -in $common } | Should -BeNullOrEmpty
        }
    }

    It 'asks before it changes something, and only then' {
        $changes = $command.Verb -notin 'Close', 'Compare', 'Get', 'Measure', 'Open', 'Show', 'Start', 'Test'
        $command.Parameters.ContainsKey('WhatIf') | Should -Be $changes
    }

    It 'has at most three positional parameters and one from the pipeline by value in each set' {
        foreach ($set in $command.ParameterSets) {
            @($set.Parameters | Where-Object Position -GE 0).Count | Should -BeLessOrEqual 3
            @($set.Parameters | Where-Object ValueFromPipeline).Count | Should -BeLessOrEqual 1
        }
    }

    It 'has help with a synopsis, a description, an example and every parameter' {
        $help = Get-Help -Name $command.Name -Full
        $help.Synopsis | Should -Not -Match "^\s*$($command.Name)" -Because 'PowerShell makes that up if there is no help'
        $help.Synopsis | Should -MatchExactly '^[A-Z].*\.$'
        $help.Description.Text | Should -Not -BeNullOrEmpty
        $help.Examples.Example | Should -Not -BeNullOrEmpty
        foreach ($parameter in $own) {
            ($help.Parameters.Parameter | Where-Object Name -EQ $parameter.Name).Description.Text | Should -Not -BeNullOrEmpty -Because $parameter.Name
        }
    }
}

Describe 'The public types' {
    It 'have no part that only the engine defines' {
        # PowerShell looks at the types of an assembly before the module can say where the engine is, and scripts could
        # not name such types either.
        $seen = foreach ($type in $assembly.GetExportedTypes()) {
            $type.BaseType
            $type.GetInterfaces()
            foreach ($property in $type.GetProperties()) { $property.PropertyType }
            foreach ($method in $type.GetMethods()) { $method.ReturnType; $method.GetParameters().ParameterType }
            foreach ($constructor in $type.GetConstructors()) { $constructor.GetParameters().ParameterType }
        }
        $seen | Where-Object { $_ } | ForEach-Object { $_; if ($_.IsGenericType) { $_.GetGenericArguments() } } |
            Where-Object { $_.Assembly.GetName().Name -notin 'BorgRepo', 'System.Management.Automation' -and $_.Assembly.Location -like "$root*" } |
            Sort-Object -Unique FullName | Should -BeNullOrEmpty
    }

    It 'come from an assembly that refers to the engine but not to its libraries' {
        $names = $assembly.GetReferencedAssemblies().Name
        $names | Should -Contain 'BorgRepo.Core'
        $names | Should -Not -Contain 'MessagePack'
        $names | Should -Not -Contain 'System.IO.Hashing'
    }
}

Describe 'The built folder' {
    It 'has no reference-only PowerShell' {
        Get-ChildItem -LiteralPath (Join-Path $root 'bin') -Recurse -Filter 'System.Management.Automation.dll' | Should -BeNullOrEmpty
    }

    It 'has only the libraries that are meant to be shipped' {
        (Get-ChildItem -LiteralPath (Join-Path $root 'bin/deps') -Filter '*.dll').Name | Sort-Object |
            Should -Be 'BorgRepo.Core.dll', 'MessagePack.Annotations.dll', 'MessagePack.dll', 'Microsoft.NET.StringTools.dll', 'System.IO.Hashing.dll'
    }
}

Describe 'Loading' {
    It 'brings in the engine only when it is used, in a context of its own' {
        $folder = Join-Path $TestDrive 'lazy'
        # Once in a while a thread of the runtime looks at a type in the background and loads it first; an import that needs
        # it does so each time.
        foreach ($attempt in 1..3) {
            $printed = Invoke-Fresh "Import-Module '$manifestPath'; $showLoaded; '--'; $(Get-UseScript "$folder$attempt"); $showLoaded"
            $before, $after = $printed -split '--'
            if ($before -notmatch 'BorgRepo.Core') {
                break
            }
        }
        $before.Trim() | Should -MatchExactly '^BorgRepo [\d.]+ in Default$'
        foreach ($name in 'BorgRepo.Core', 'MessagePack', 'System.IO.Hashing') {
            $after | Should -MatchExactly "(?m)^$([regex]::Escape($name)) [\d.]+ in BorgRepo$"
        }
    }

    It 'takes the build of System.IO.Hashing for this .NET, not the one that is 20 times slower' {
        $hashing = Join-Path $root 'bin/deps/System.IO.Hashing.dll'
        $stream = [IO.File]::OpenRead($hashing)
        try {
            $reader = [Reflection.PortableExecutable.PEReader]::new($stream)
            $metadata = [Reflection.Metadata.PEReaderExtensions]::GetMetadataReader($reader)
            $runtime = foreach ($handle in $metadata.AssemblyReferences) {
                $reference = $metadata.GetAssemblyReference($handle)
                if ($metadata.GetString($reference.Name) -eq 'System.Runtime') { $reference.Version }
            }
        } finally {
            $stream.Dispose()
        }
        $runtime.Major | Should -BeGreaterOrEqual 8 -Because 'the netstandard build refers to no System.Runtime of .NET'
    }

    It 'gets along with another version of its libraries that is loaded already' {
        # Two assemblies of one name in one process: another module has brought its own System.IO.Hashing.
        $folder = Join-Path $TestDrive 'conflict'
        $stranger = Join-Path $TestDrive 'System.IO.Hashing.dll'
        $builder = [Reflection.Emit.PersistedAssemblyBuilder]::new([Reflection.AssemblyName]'System.IO.Hashing, Version=8.0.0.0', [object].Assembly)
        $null = $builder.DefineDynamicModule('System.IO.Hashing').DefineType('System.IO.Hashing.Crc32', 'Public').CreateType()
        $builder.Save($stranger)
        $printed = Invoke-Fresh "`$null = [Runtime.Loader.AssemblyLoadContext]::Default.LoadFromAssemblyPath('$stranger'); Import-Module '$manifestPath'; $(Get-UseScript $folder); $showLoaded"
        $printed | Should -MatchExactly '(?m)^3$'
        $printed | Should -MatchExactly '(?m)^System.IO.Hashing 8.0.0.0 in Default$'
        $printed | Should -MatchExactly '(?m)^System.IO.Hashing 10[\d.]+ in BorgRepo$'
    }

    It 'works after the module was removed and imported again, and imported by force' {
        $folder = Join-Path $TestDrive 'again'
        $printed = Invoke-Fresh "Import-Module '$manifestPath'; Remove-Module BorgRepo; Import-Module '$manifestPath'; Import-Module '$manifestPath' -Force; $(Get-UseScript $folder)"
        $printed | Should -Be '3'
    }

    It 'works in several runspaces of one process' {
        $folder = Join-Path $TestDrive 'parallel'
        $printed = Invoke-Fresh @"
1..3 | ForEach-Object -Parallel {
    Import-Module '$manifestPath'
    `$folder = '$folder-' + `$_
    `$null = New-BorgRepository -Path `$folder
    `$null = Set-BorgObject -LiteralPath `$folder -Id ('ab' * 32) -Value ([byte[]](1, 2, 3))
    (Get-BorgObject -LiteralPath `$folder -Id ('ab' * 32)).Size
}
"@
        $printed | Should -Be "3`n3`n3"
    }

    It 'happens by the name of a command when the module is on the module path' {
        $version = $manifest.ModuleVersion
        $folder = Join-Path $TestDrive "modules/BorgRepo/$version"
        $null = New-Item -ItemType Directory -Path $folder
        foreach ($name in 'BorgRepo.psd1', 'bin', 'en-US') {
            Copy-Item -LiteralPath (Join-Path $root $name) -Destination $folder -Recurse
        }
        $printed = Invoke-Fresh "Test-BorgRepository -LiteralPath '$TestDrive'; (Get-Module BorgRepo).ModuleBase" -ModulePath (Join-Path $TestDrive 'modules')
        $printed | Should -Be "False`n$folder"
    }
}

Describe 'A session that nobody closed' {
    It 'is closed when PowerShell ends, and so is that of a drive' {
        $folder = Join-Path $TestDrive 'left'
        $printed = Invoke-Fresh @"
Import-Module '$manifestPath'
`$null = New-BorgRepository -Path '$folder'
`$null = Set-BorgObject -LiteralPath '$folder' -Id ('ab' * 32) -Value ([byte[]](1, 2, 3))
`$global:reader = Open-BorgRepository -LiteralPath '$folder'
`$null = New-PSDrive -Name borg -PSProvider BorgRepository -Root '$folder'
(Get-ChildItem borg:/objects).Size
@(Get-BorgLock -LiteralPath '$folder').Count
exit 0
"@
        $printed | Should -Be "3`n1" -Because 'one process is one holder'
        Get-ChildItem -LiteralPath $folder -Filter 'lock*' | Should -BeNullOrEmpty
    }

    It 'is closed when it is collected, and gives its lock back' {
        $folder = Join-Path $TestDrive 'forgotten'
        $printed = Invoke-Fresh @"
Import-Module '$manifestPath'
`$null = New-BorgRepository -Path '$folder'
function Open-AndForget {
    `$session = Open-BorgRepository -LiteralPath '$folder' -Exclusive
    `$null = Set-BorgObject -Repository `$session -Id ('ab' * 32) -Value ([byte[]](1, 2, 3))
    `$null = Get-BorgObject -Repository `$session -Content
}
Open-AndForget
1..10 | ForEach-Object { [GC]::Collect(); [GC]::WaitForPendingFinalizers() }
@(Get-BorgLock -LiteralPath '$folder').Count
Test-BorgObject -LiteralPath '$folder' -Id ('ab' * 32)
"@
        $printed | Should -Be "0`nFalse"
    }
}
