@{
    # Paths are relative to this file: the checkout after a build and the package look the same from here.
    RootModule = 'bin/BorgRepo.dll'
    FormatsToProcess = @('bin/BorgRepo.Format.ps1xml')
    TypesToProcess = @('bin/BorgRepo.Types.ps1xml')

    # The one place of the version: the build reads it from here.
    ModuleVersion = '0.1.0'
    GUID = '06aa72d0-24d9-4d6b-8175-6c9135687d19'
    Author = 'The BorgRepo authors'
    CompanyName = 'The BorgRepo authors'
    Copyright = '(c) The BorgRepo authors. MIT license.'
    Description = 'Opens, reads, writes, verifies and repairs borg repositories natively, as objects in a pipeline.'
    PowerShellVersion = '7.6'
    CompatiblePSEditions = @('Core')

    # Literal lists: they make loading by command name work without opening the assembly.
    CmdletsToExport = @(
        'Close-BorgRepository'
        'Compare-BorgRepository'
        'Complete-BorgTransaction'
        'Compress-BorgSegments'
        'Copy-BorgObject'
        'Copy-BorgRepository'
        'Export-BorgObject'
        'Export-BorgReport'
        'Get-BorgLock'
        'Get-BorgObject'
        'Get-BorgRepository'
        'Get-BorgRepositoryKey'
        'Get-BorgSegment'
        'Get-BorgSegmentEntry'
        'Get-BorgTransaction'
        'Import-BorgObject'
        'Invoke-BorgRepoCheck'
        'Measure-BorgRepository'
        'New-BorgRepository'
        'Open-BorgRepository'
        'Remove-BorgObject'
        'Remove-BorgRepository'
        'Restore-BorgTransaction'
        'Set-BorgObject'
        'Set-BorgRepository'
        'Set-BorgRepositoryKey'
        'Show-BorgSegmentMap'
        'Start-BorgServer'
        'Test-BorgObject'
        'Test-BorgRepository'
        'Undo-BorgTransaction'
        'Unlock-BorgRepository'
    )
    FunctionsToExport = @()
    AliasesToExport = @('Compress-BorgSegment')
    VariablesToExport = @()

    PrivateData = @{
        PSData = @{
            Tags = @('borg', 'borgbackup', 'backup', 'deduplication', 'repository', 'PSEdition_Core', 'Windows', 'Linux', 'MacOS')
        }
    }
}
