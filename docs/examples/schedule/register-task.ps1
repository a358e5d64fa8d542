#Requires -Version 7.6
<#
.SYNOPSIS
Lets the Task Scheduler of Windows run check.ps1 once a week.
.DESCRIPTION
The task runs as LOCAL SERVICE or as whom -User names, who needs to read and write the repository's folder (a check takes
the lock). It starts later if the computer was off, and is ended after twelve hours. -AsXml only shows the definition.
.EXAMPLE
./register-task.ps1 -Path 'D:\Backups\server1' -WhatIf
#>
[CmdletBinding(SupportsShouldProcess)]
param(
    [Parameter(Mandatory)]
    [string] $Path,

    [string] $Name = 'BorgRepo check',

    # Day and hour.
    [DayOfWeek] $Day = 'Sunday',
    [ValidateRange(0, 23)]
    [int] $Hour = 3,

    [string] $User = 'S-1-5-19',

    # Further arguments of check.ps1.
    [string] $Arguments = '-MaxMinutes 240 -EventLog',

    [string] $PowerShell = (Join-Path $PSHOME ($IsWindows ? 'pwsh.exe' : 'pwsh')),

    # Emit the definition and register nothing.
    [switch] $AsXml
)

$ErrorActionPreference = 'Stop'
$xml = [Text.StringBuilder]::new()
$writer = [Xml.XmlWriter]::Create($xml, [Xml.XmlWriterSettings]@{ Indent = $true; OmitXmlDeclaration = $true })

# Elements from nested ordered tables; the writer escapes what stands in them.
function Write-Element([string] $Name, $Content) {
    $writer.WriteStartElement($Name, 'http://schemas.microsoft.com/windows/2004/02/mit/task')
    if ($Content -is [Collections.IDictionary]) {
        foreach ($key in $Content.Keys) {
            if ($key.StartsWith('@')) {
                $writer.WriteAttributeString($key.Substring(1), $Content[$key])
            } else {
                Write-Element $key $Content[$key]
            }
        }
    } elseif ($null -ne $Content) {
        $writer.WriteString($Content)
    }
    $writer.WriteEndElement()
}

# A quotation mark cannot be in a path of Windows.
$script = Join-Path $PSScriptRoot 'check.ps1'
Write-Element Task ([ordered]@{
        '@version' = '1.3'
        RegistrationInfo = @{ Description = "Checks $Path. Results are in the event log Application, source BorgRepo." }
        Triggers = @{
            CalendarTrigger = [ordered]@{
                StartBoundary = '2026-01-01T{0:00}:00:00' -f $Hour
                ScheduleByWeek = [ordered]@{ DaysOfWeek = @{ "$Day" = $null }; WeeksInterval = '1' }
            }
        }
        Principals = @{ Principal = [ordered]@{ '@id' = 'Author'; UserId = $User } }
        Settings = [ordered]@{
            MultipleInstancesPolicy = 'IgnoreNew'
            DisallowStartIfOnBatteries = 'false'
            StartWhenAvailable = 'true'
            ExecutionTimeLimit = 'PT12H'
            Priority = '7'
        }
        Actions = [ordered]@{
            '@Context' = 'Author'
            Exec = [ordered]@{
                Command = $PowerShell
                Arguments = "-NoProfile -NonInteractive -File `"$script`" `"$Path`" $Arguments".TrimEnd()
            }
        }
    })
$writer.Close()

if ($AsXml) {
    $xml.ToString()
} elseif (-not $IsWindows) {
    throw 'Only Windows has this scheduler; beside this script is what systemd and cron need.'
} elseif ($PSCmdlet.ShouldProcess($Name, "Register a task for $Path")) {
    $file = New-TemporaryFile
    try {
        Set-Content -LiteralPath $file -Value $xml.ToString() -Encoding unicode
        schtasks.exe /Create /TN $Name /XML $file /F
        if ($LASTEXITCODE -ne 0) {
            throw "schtasks ended with $LASTEXITCODE."
        }
    } finally {
        Remove-Item -LiteralPath $file
    }
}
