#Requires -Version 7.6
<#
.SYNOPSIS
Makes en-US/BorgRepo.dll-Help.xml, which Get-Help reads, from the pages in docs/en-US and the compiled cmdlets.
.DESCRIPTION
Fails, naming every fault, if a cmdlet has no page, a page has no cmdlet, a parameter is not described or no longer exists,
a cmdlet has no example, or a page's machine text is not what the command says. Needs a build; runs in a process of its
own, because it imports the module.
#>
[CmdletBinding()]
param()

$ErrorActionPreference = 'Stop'
Set-StrictMode -Version 3
. (Join-Path $PSScriptRoot 'HelpPage.ps1')

$root = Split-Path $PSScriptRoot
$pages = Join-Path $PSScriptRoot 'en-US'
$target = Join-Path $root 'en-US'
$maml = 'http://schemas.microsoft.com/maml/2004/10'
$cmd = 'http://schemas.microsoft.com/maml/dev/command/2004/10'
$dev = 'http://schemas.microsoft.com/maml/dev/2004/10'

function Get-PageFault($Page, [Management.Automation.CommandInfo] $Command) {
    $known = @(Get-DocumentedParameter $Command).ForEach{ "-$($_.Name)" }
    $topics = @(Get-PageTopic $Page 'PARAMETERS' | Where-Object Name)
    foreach ($name in $topics | ForEach-Object Name | Where-Object { $_ -notin $known -and $_ -ne 'CommonParameters' }) {
        "$name is described, but the cmdlet has no such parameter"
    }
    foreach ($name in $known) {
        if (-not (Get-PageText ($topics | Where-Object Name -EQ $name))) {
            "$name is not described"
        }
    }
    foreach ($section in 'SYNOPSIS', 'DESCRIPTION', 'NOTES') {
        if (-not (Get-PageTopic $Page $section | ForEach-Object { Get-PageText $_ })) {
            "$section is empty"
        }
    }
    foreach ($section in 'INPUTS', 'OUTPUTS') {
        foreach ($topic in Get-PageTopic $Page $section | Where-Object { $_.Name -and -not (Get-PageText $_) }) {
            "$section $($topic.Name) is not described"
        }
    }
    $examples = @(Get-PageTopic $Page 'EXAMPLES' | Where-Object Name)
    if (-not $examples) {
        'there is no example'
    }
    foreach ($example in $examples | Where-Object { @(Get-PageBlock $_ | ForEach-Object Kind) -notcontains 'powershell' }) {
        "'$($example.Name)' has no block of powershell code"
    }
    if ([IO.File]::ReadAllText($Page.Path) -cne (Format-HelpPage $Page $Command)) {
        'syntax, YAML blocks or layout are out of date: run docs/Update-HelpPage.ps1'
    }
}

function Write-Element([string] $Name, [string] $Namespace, [string] $Text) {
    $xml.WriteElementString($Name.Split(':')[0], $Name.Split(':')[1], $Namespace, $Text)
}

function Write-Paragraph([string[]] $Text) {
    foreach ($paragraph in $Text) {
        Write-Element 'maml:para' $maml $paragraph
    }
}

# Name is prefix:local; the content is what the script block writes.
function Write-Node([string] $Name, [string] $Namespace, [scriptblock] $Content, [Collections.IDictionary] $Attributes = @{}) {
    $xml.WriteStartElement($Name.Split(':')[0], $Name.Split(':')[1], $Namespace)
    foreach ($attribute in $Attributes.GetEnumerator()) {
        $xml.WriteAttributeString($attribute.Key, $attribute.Value)
    }
    & $Content
    $xml.WriteEndElement()
}

function Write-Parameter([Management.Automation.ParameterMetadata] $Parameter, $Set, $Topic) {
    $pipeline = @(if ($Set.ValueFromPipeline) { 'ByValue' }; if ($Set.ValueFromPipelineByPropertyName) { 'ByPropertyName' })
    $wildcards = [bool]($Parameter.Attributes | Where-Object { $_ -is [Management.Automation.SupportsWildcardsAttribute] })
    $type = ([Nullable]::GetUnderlyingType($Parameter.ParameterType) ?? $Parameter.ParameterType).Name
    $default = (Get-PageDefault $Topic).Trim("'")
    Write-Node 'command:parameter' $cmd -Attributes ([ordered]@{
            required = "$($Set.IsMandatory)".ToLowerInvariant()
            variableLength = "$($Parameter.ParameterType.IsArray)".ToLowerInvariant()
            globbing = "$wildcards".ToLowerInvariant()
            pipelineInput = $pipeline ? "True ($($pipeline -join ', '))" : 'False'
            position = $Set.Position -lt 0 ? 'named' : "$($Set.Position)"
            aliases = $Parameter.Aliases ? ($Parameter.Aliases -join ', ') : 'none'
        }) {
        Write-Element 'maml:name' $maml $Parameter.Name
        Write-Node 'maml:description' $maml { Write-Paragraph (Get-PageText $Topic) }
        if (-not $Parameter.SwitchParameter) {
            Write-Node 'command:parameterValue' $cmd -Attributes ([ordered]@{ required = 'true'; variableLength = "$($Parameter.ParameterType.IsArray)".ToLowerInvariant() }) { $xml.WriteString($type) }
        }
        Write-Node 'dev:type' $dev { Write-Element 'maml:name' $maml $type; Write-Element 'maml:uri' $maml '' }
        Write-Element 'dev:defaultValue' $dev ($default ? $default : ($Parameter.SwitchParameter ? 'False' : 'None'))
    }
}

function Write-TypeList($Page, [string] $Section, [string] $List, [string] $Item) {
    Write-Node "command:$List" $cmd {
        foreach ($topic in Get-PageTopic $Page $Section | Where-Object Name) {
            Write-Node "command:$Item" $cmd {
                Write-Node 'dev:type' $dev { Write-Element 'maml:name' $maml $topic.Name }
                Write-Node 'maml:description' $maml { Write-Paragraph (Get-PageText $topic) }
            }
        }
    }
}

function Write-Example($Topic) {
    $blocks = @(Get-PageBlock $Topic)
    Write-Node 'command:example' $cmd {
        Write-Element 'maml:title' $maml "------- $($Topic.Name) -------"
        # Code with what it prints; the prose around it follows.
        Write-Element 'dev:code' $dev (($blocks | Where-Object Kind -NE 'text' | ForEach-Object Text) -join "`n`n")
        Write-Node 'dev:remarks' $dev { Write-Paragraph ($blocks | Where-Object Kind -EQ 'text' | ForEach-Object Text) }
    }
}

function Write-Command($Page, [Management.Automation.CommandInfo] $Command) {
    $topics = @{}
    foreach ($topic in Get-PageTopic $Page 'PARAMETERS') {
        $topics[$topic.Name] = $topic
    }
    $parameters = @(Get-DocumentedParameter $Command)
    Write-Node 'command:command' $cmd {
        Write-Node 'command:details' $cmd {
            Write-Element 'command:name' $cmd $Command.Name
            Write-Element 'command:verb' $cmd $Command.Verb
            Write-Element 'command:noun' $cmd $Command.Noun
            Write-Node 'maml:description' $maml { Write-Paragraph (Get-PageSynopsis $Page) }
        }
        Write-Node 'maml:description' $maml { Write-Paragraph (Get-PageTopic $Page 'DESCRIPTION' | ForEach-Object { Get-PageText $_ }) }
        Write-Node 'command:syntax' $cmd {
            foreach ($set in $Command.ParameterSets) {
                Write-Node 'command:syntaxItem' $cmd {
                    Write-Element 'maml:name' $maml $Command.Name
                    foreach ($parameter in $set.Parameters | Where-Object Name -In $parameters.Name) {
                        Write-Parameter $Command.Parameters[$parameter.Name] $parameter $topics["-$($parameter.Name)"]
                    }
                }
            }
        }
        Write-Node 'command:parameters' $cmd {
            foreach ($parameter in $parameters) {
                Write-Parameter $parameter ($parameter.ParameterSets.Values | Select-Object -First 1) $topics["-$($parameter.Name)"]
            }
        }
        Write-TypeList $Page 'INPUTS' 'inputTypes' 'inputType'
        Write-TypeList $Page 'OUTPUTS' 'returnValues' 'returnValue'
        Write-Node 'maml:alertSet' $maml { Write-Node 'maml:alert' $maml { Write-Paragraph (Get-PageTopic $Page 'NOTES' | ForEach-Object { Get-PageText $_ }) } }
        Write-Node 'command:examples' $cmd { Get-PageTopic $Page 'EXAMPLES' | Where-Object Name | ForEach-Object { Write-Example $_ } }
        Write-Node 'command:relatedLinks' $cmd {
            foreach ($text in Get-PageTopic $Page 'RELATED LINKS' | ForEach-Object { Get-PageText $_ }) {
                Write-Node 'maml:navigationLink' $maml { Write-Element 'maml:linkText' $maml ($text -replace '^- ', ''); Write-Element 'maml:uri' $maml '' }
            }
        }
    }
}

$commands = @((Import-Module (Join-Path $root 'BorgRepo.psd1') -PassThru).ExportedCmdlets.Values | Sort-Object Name)
$faults = [Collections.Generic.List[string]]::new()
$read = @{}
$synopsis = @{}
foreach ($command in $commands) {
    $path = Join-Path $pages "$($command.Name).md"
    if (-not (Test-Path -LiteralPath $path)) {
        $faults.Add("$($command.Name): there is no page; docs/Update-HelpPage.ps1 makes one to fill in")
        continue
    }
    $page = $read[$command.Name] = Read-HelpPage $path
    $synopsis[$command.Name] = Get-PageSynopsis $page
    Get-PageFault $page $command | ForEach-Object { $faults.Add("$($command.Name): $_") }
}
foreach ($file in Get-ChildItem -LiteralPath $pages -Filter '*.md' | Where-Object BaseName -NotIn (@($commands | ForEach-Object Name) + 'BorgRepo')) {
    $faults.Add("$($file.Name): there is no such cmdlet")
}
$modulePage = Join-Path $pages 'BorgRepo.md'
if (-not $faults.Count -and [IO.File]::ReadAllText($modulePage) -cne (Format-ModulePage (Read-HelpPage $modulePage) $synopsis)) {
    $faults.Add('BorgRepo.md: the list of cmdlets is out of date: run docs/Update-HelpPage.ps1')
}
if ($faults.Count) {
    $faults | ForEach-Object { Write-Host "help: $_" -ForegroundColor Red }
    exit 1
}

$null = New-Item -ItemType Directory -Path $target -Force
$settings = [Xml.XmlWriterSettings]@{ Indent = $true; Encoding = [Text.UTF8Encoding]::new($false); NewLineChars = "`n" }
$xml = [Xml.XmlWriter]::Create((Join-Path $target 'BorgRepo.dll-Help.xml'), $settings)
try {
    $xml.WriteStartElement('helpItems', 'http://msh')
    $xml.WriteAttributeString('schema', 'maml')
    foreach ($command in $commands) {
        Write-Command $read[$command.Name] $command
    }
    $xml.WriteEndElement()
} finally {
    $xml.Dispose()
}
Copy-Item -Path (Join-Path $pages 'about_*.help.txt') -Destination $target
