#Requires -Version 7.6
# Writes about_BorgRepo_Objects from the documentation comments of the public types; dot-sourced by Update-HelpPage.ps1.

# A text in lines of at most 80 characters, the first with a prefix, the others indented as far.
function Format-Wrapped([string] $Prefix, [string] $Text, [int] $Width = 80) {
    $line = $Prefix
    foreach ($word in $Text -split '\s+' | Where-Object { $_ }) {
        if ($line.Length + 1 + $word.Length -gt $Width -and $line.TrimEnd().Length -gt 0 -and $line -ne (' ' * $Prefix.Length)) {
            $line.TrimEnd()
            $line = ' ' * $Prefix.Length
        }
        $line += ($line.Length -gt $Prefix.Length ? ' ' : '') + $word
    }
    $line.TrimEnd()
}

# The summary of each documented member, by its id such as P:BorgRepo.BorgLock.Host.
function Get-Summary([string] $XmlFile) {
    $summary = @{}
    foreach ($member in ([xml](Get-Content -LiteralPath $XmlFile -Raw)).doc.members.member) {
        if ($node = $member.SelectSingleNode('summary')) {
            foreach ($reference in @($node.SelectNodes('.//*[@cref]'))) {
                $null = $reference.ParentNode.ReplaceChild($node.OwnerDocument.CreateTextNode(($reference.cref -split '\.')[-1]), $reference)
            }
            $summary[$member.name] = ($node.InnerText -replace '\s+', ' ').Trim()
        }
    }
    $summary
}

function Format-ObjectTopic($Module, [string] $XmlFile) {
    $summary = Get-Summary $XmlFile
    $assembly = $Module.ImplementingAssembly ?? [BorgRepo.ModuleLoader].Assembly
    $emitters = @{}
    foreach ($command in $Module.ExportedCmdlets.Values | Sort-Object Name) {
        foreach ($output in $command.OutputType) {
            $emitters[$output.Name] += @($command.Name)
        }
    }

    @'
TOPIC
    about_BorgRepo_Objects

SHORT DESCRIPTION
    What the cmdlets emit: every type with every property.

LONG DESCRIPTION
    Names of types and properties are part of what scripts rely on; they stay. All times are in UTC, all sizes in bytes, all
    ids text of 64 hex digits. What a property cannot tell is $null. Every object also names its repository to the next
    cmdlet, by a hidden property that is not in JSON or CSV.
'@ -split '\r?\n'
    foreach ($type in $assembly.GetExportedTypes() | Where-Object { $_.Name -like 'Borg*' -and $_.Namespace -eq 'BorgRepo' } | Sort-Object Name) {
        ''
        $type.Name
        Format-Wrapped '    ' $summary["T:$($type.FullName)"]
        if ($emitters[$type.FullName]) {
            Format-Wrapped '    ' "Emitted by $($emitters[$type.FullName] -join ', ')."
        }
        ''
        $kind = $type.IsEnum ? 'F' : 'P'
        $names = @($type.IsEnum ? $type.GetEnumNames() : ($type.GetProperties('Public, Instance, DeclaredOnly') | ForEach-Object { $_.Name }))
        foreach ($name in $names) {
            Format-Wrapped "      $($name.PadRight(22))" $summary["${kind}:$($type.FullName).$name"]
        }
    }
    @'

SEE ALSO
    about_BorgRepo
    Get-Command -Module BorgRepo
'@ -split '\r?\n'
}
