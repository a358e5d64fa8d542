#Requires -Version 7.6
# Functions about help pages, dot-sourced by ConvertTo-Maml.ps1, Update-HelpPage.ps1 and the tests of the help.
# A page is Markdown in the platyPS schema 2024-05-01. Its SYNTAX, ALIASES and YAML blocks are facts about the compiled
# command ("machine text"); everything else is prose that people write.

# Reads a page into its parts. The schema is line-oriented: two levels of headings, fenced blocks, paragraphs.
function Read-HelpPage([string] $Path) {
    $page = [ordered]@{ Path = $Path; FrontMatter = [ordered]@{}; Title = ''; Sections = [ordered]@{} }
    $lines = [IO.File]::ReadAllLines($Path)
    $at = 0
    if ($lines.Count -and $lines[0] -eq '---') {
        for ($at = 1; $at -lt $lines.Count -and $lines[$at] -ne '---'; $at++) {
            $key, $value = $lines[$at] -split ':\s*', 2
            $page.FrontMatter[$key] = $value
        }
        $at++
    }

    $section = $null
    $topic = $null
    $fenced = $false
    for (; $at -lt $lines.Count; $at++) {
        $line = $lines[$at]
        if ($line.StartsWith('```')) {
            $fenced = -not $fenced
        }
        if ($fenced -or $line -notmatch '^(#{1,3}) (.*\S)\s*$') {
            if ($topic) {
                $topic.Lines.Add($line)
            }
        } elseif ($Matches[1].Length -eq 1) {
            $page.Title = $Matches[2]
        } elseif ($Matches[1].Length -eq 2) {
            $section = [ordered]@{}
            $page.Sections[$Matches[2]] = $section
            $topic = [pscustomobject]@{ Name = ''; Lines = [Collections.Generic.List[string]]::new() }
            $section[''] = $topic
        } elseif ($null -ne $section) {
            $topic = [pscustomobject]@{ Name = $Matches[2]; Lines = [Collections.Generic.List[string]]::new() }
            $section[$Matches[2]] = $topic
        }
    }
    [pscustomobject]$page
}

# The topics (### headings) of a section; the text before the first one has the name ''.
function Get-PageTopic($Page, [string] $Section) {
    if ($Page.Sections.Contains($Section)) {
        $Page.Sections[$Section].Values
    }
}

# A topic's text in blocks: Kind is 'text' (one paragraph or list item, plain) or the language of a fence (verbatim).
function Get-PageBlock($Topic) {
    $paragraph = [Collections.Generic.List[string]]::new()
    $fence = $null
    $language = ''
    foreach ($line in @($Topic.Lines) + '') {
        if ($null -ne $fence) {
            if ($line.StartsWith('```')) {
                [pscustomobject]@{ Kind = $language; Text = $fence -join "`n" }
                $fence = $null
            } else {
                $fence.Add($line)
            }
            continue
        }
        $starts = $line.StartsWith('```')
        if (($starts -or $line -match '^\s*($|- )') -and $paragraph.Count) {
            [pscustomobject]@{ Kind = 'text'; Text = ConvertTo-PlainText ($paragraph -join ' ') }
            $paragraph.Clear()
        }
        if ($starts) {
            $language = $line.Substring(3).Trim()
            $fence = [Collections.Generic.List[string]]::new()
        } elseif ($line.Trim()) {
            $paragraph.Add($line.Trim())
        }
    }
}

# The plain paragraphs of a topic.
function Get-PageText($Topic) {
    if ($Topic) {
        Get-PageBlock $Topic | Where-Object Kind -NE 'yaml' | ForEach-Object Text
    }
}

# Help is shown as plain text: links become their text, emphasis and code marks go.
function ConvertTo-PlainText([string] $Text) {
    $Text -replace '\[([^\]]+)\]\([^)]*\)', '$1' -replace '\*\*([^*]+)\*\*', '$1' -replace '`([^`]+)`', '$1' -replace '\\([\[\]<>*_`])', '$1'
}

# A page's one sentence about its cmdlet.
function Get-PageSynopsis($Page) {
    Get-PageTopic $Page 'SYNOPSIS' | ForEach-Object { Get-PageText $_ } | Select-Object -First 1
}

# The parameters that a page must describe: all but the common ones.
function Get-DocumentedParameter([Management.Automation.CommandInfo] $Command) {
    $Command.Parameters.Values | Where-Object { $_.Name -notin [Management.Automation.Cmdlet]::CommonParameters } | Sort-Object Name
}

function Format-PageSyntax([Management.Automation.CommandInfo] $Command) {
    foreach ($set in $Command.ParameterSets | Sort-Object { -not $_.IsDefault }, Name) {
        "### $($set.Name)$(if ($set.IsDefault -and $Command.ParameterSets.Count -gt 1) { ' (Default)' })"
        ''
        '```'
        "$($Command.Name) $set".TrimEnd()
        '```'
        ''
    }
}

function Format-PageYaml([Management.Automation.CommandInfo] $Command, [Management.Automation.ParameterMetadata] $Parameter, [string] $DefaultValue) {
    $attributes = $Parameter.Attributes
    $help = ($attributes | Where-Object { $_ -is [Management.Automation.ParameterAttribute] -and $_.HelpMessage } | Select-Object -First 1)?.HelpMessage
    "Type: $($Parameter.ParameterType.ToString())"
    "DefaultValue: $DefaultValue"
    "SupportsWildcards: $(([bool]($attributes | Where-Object { $_ -is [Management.Automation.SupportsWildcardsAttribute] })).ToString().ToLowerInvariant())"
    Format-YamlList 'Aliases' @($Parameter.Aliases | Sort-Object)
    'ParameterSets:'
    foreach ($name in $Parameter.ParameterSets.Keys | Sort-Object) {
        $set = $Parameter.ParameterSets[$name]
        "- Name: $(if ($name -eq '__AllParameterSets') { '(All)' } else { $name })"
        "  Position: $(if ($set.Position -lt 0) { 'Named' } else { $set.Position })"
        "  IsRequired: $("$($set.IsMandatory)".ToLowerInvariant())"
        "  ValueFromPipeline: $("$($set.ValueFromPipeline)".ToLowerInvariant())"
        "  ValueFromPipelineByPropertyName: $("$($set.ValueFromPipelineByPropertyName)".ToLowerInvariant())"
        "  ValueFromRemainingArguments: $("$($set.ValueFromRemainingArguments)".ToLowerInvariant())"
    }
    'DontShow: false'
    Format-YamlList 'AcceptedValues' @(Get-AcceptedValue $Parameter)
    "HelpMessage: '$($help -replace "'", "''")'"
}

function Format-YamlList([string] $Name, [string[]] $Values) {
    if ($Values) {
        "${Name}:"
        $Values | ForEach-Object { "- $_" }
    } else {
        "${Name}: []"
    }
}

function Get-AcceptedValue([Management.Automation.ParameterMetadata] $Parameter) {
    $type = [Nullable]::GetUnderlyingType($Parameter.ParameterType) ?? $Parameter.ParameterType
    if ($type.IsEnum) {
        [Enum]::GetNames($type)
    } else {
        $Parameter.Attributes | Where-Object { $_ -is [Management.Automation.ValidateSetAttribute] } | ForEach-Object ValidValues
    }
}

# The default value that a page's YAML block names; it is prose, the compiled command does not tell it.
function Get-PageDefault($Topic) {
    $yaml = if ($Topic) { (Get-PageBlock $Topic | Where-Object Kind -EQ 'yaml' | Select-Object -First 1)?.Text }
    if ($yaml -match '(?m)^DefaultValue: *(.*)$') { $Matches[1].Trim() } else { "''" }
}

function Format-PageTopic($Topic, [string] $Fallback = '') {
    $text = ($Topic ? ($Topic.Lines -join "`n").Trim() : '')
    $text ? $text : $Fallback
}

# A section of prose as it is, its topics under their headings.
function Format-PageSection($Page, [string] $Section, [string[]] $TopicsOfNewPage) {
    "## $Section"
    ''
    $topics = @(Get-PageTopic $Page $Section)
    if (-not $topics) {
        $topics = @('') + $TopicsOfNewPage | Where-Object { $null -ne $_ } | ForEach-Object { [pscustomobject]@{ Name = $_; Lines = @() } }
    }
    foreach ($topic in $topics) {
        if ($topic.Name) {
            "### $($topic.Name)"
            ''
        }
        if ($text = Format-PageTopic $topic) {
            $text
            ''
        }
    }
}

# The whole page again: prose from the page, machine text from the command. A page in order gives itself.
function Format-HelpPage($Page, [Management.Automation.CommandInfo] $Command) {
    $standardProse = @{
        WhatIf = 'Shows what would happen, and changes nothing.'
        Confirm = 'Asks before anything is changed.'
    }
    $documented = @{}
    foreach ($topic in Get-PageTopic $Page 'PARAMETERS') {
        $documented[$topic.Name] = $topic
    }

    $lines = @(
        '---'
        'document type: cmdlet'
        'external help file: BorgRepo.dll-Help.xml'
        "HelpUri: ''"
        'Locale: en-US'
        'Module Name: BorgRepo'
        "ms.date: $($Page.FrontMatter['ms.date'] ?? (Get-Date -Format 'MM/dd/yyyy' -AsUTC))"
        'PlatyPS schema version: 2024-05-01'
        "title: $($Command.Name)"
        '---'
        ''
        "# $($Command.Name)"
        ''
        Format-PageSection $Page 'SYNOPSIS'
        '## SYNTAX'
        ''
        Format-PageSyntax $Command
        Format-PageSection $Page 'ALIASES'
        Format-PageSection $Page 'DESCRIPTION'
        Format-PageSection $Page 'EXAMPLES'
        '## PARAMETERS'
        ''
        foreach ($parameter in Get-DocumentedParameter $Command) {
            $topic = $documented["-$($parameter.Name)"]
            "### -$($parameter.Name)"
            ''
            $prose = $topic ? ((($topic.Lines -join "`n") -replace '(?s)```yaml\n.*?```', '').Trim()) : ''
            if ($prose = $prose ? $prose : $standardProse[$parameter.Name]) {
                $prose
                ''
            }
            '```yaml'
            Format-PageYaml $Command $parameter (Get-PageDefault $topic)
            '```'
            ''
        }
        '### CommonParameters'
        ''
        'This cmdlet supports the common parameters: ' + (([Management.Automation.Cmdlet]::CommonParameters | Sort-Object | ForEach-Object { "-$_" }) -join ', ') + '.'
        'For more information, see [about_CommonParameters](https://go.microsoft.com/fwlink/?LinkID=113216).'
        ''
        Format-PageSection $Page 'INPUTS' ($Command.Parameters.Values | Where-Object { $_.ParameterSets.Values.ValueFromPipeline -contains $true } | ForEach-Object { $_.ParameterType.ToString() } | Sort-Object -Unique)
        Format-PageSection $Page 'OUTPUTS' ($Command.OutputType | ForEach-Object Name | Sort-Object -Unique)
        Format-PageSection $Page 'NOTES'
        Format-PageSection $Page 'RELATED LINKS'
    )
    ($lines -join "`n").TrimEnd() + "`n"
}

# The page of the module lists the cmdlets with the synopses of their pages.
function Format-ModulePage($Page, [hashtable] $Synopsis) {
    $manifest = Import-PowerShellDataFile -LiteralPath (Join-Path $PSScriptRoot '../BorgRepo.psd1')
    $lines = @(
        '---'
        'document type: module'
        'Help Version: 1.0.0.0'
        "HelpInfoUri: ''"
        'Locale: en-US'
        "Module Guid: $($manifest.GUID)"
        'Module Name: BorgRepo'
        "ms.date: $($Page.FrontMatter['ms.date'] ?? (Get-Date -Format 'MM/dd/yyyy' -AsUTC))"
        'PlatyPS schema version: 2024-05-01'
        'title: BorgRepo Module'
        '---'
        ''
        '# BorgRepo Module'
        ''
        Format-PageSection $Page 'Description'
        '## BorgRepo Cmdlets'
        ''
        foreach ($name in $Synopsis.Keys | Sort-Object) {
            "### [$name]($name.md)"
            ''
            $Synopsis[$name]
            ''
        }
    )
    ($lines -join "`n").TrimEnd() + "`n"
}

# An empty page, to be filled in.
function New-HelpPage([string] $Path) {
    [pscustomobject]@{ Path = $Path; FrontMatter = [ordered]@{}; Title = ''; Sections = [ordered]@{} }
}

function Set-PageText([string] $Path, [string] $Text) {
    [IO.File]::WriteAllText($Path, $Text)
}
