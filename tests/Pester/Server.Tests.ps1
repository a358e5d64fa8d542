#Requires -Version 7.6

BeforeAll {
    . (Join-Path $PSScriptRoot 'Fixture.ps1')

    # [1, 1, "negotiate", [{"client_version": [1, 2, 4, -1]}]] and the answer to it.
    $negotiation = [Convert]::FromHexString('940101a96e65676f74696174659181ae636c69656e745f76657273696f6e94010204ff')
    $agreement = '940101c081ae7365727665725f76657273696f6e94010403ff'

    # A new process whose standard streams are the test's.
    function Start-Server([string] $Script) {
        $start = [Diagnostics.ProcessStartInfo]::new([Environment]::ProcessPath)
        if ([IO.Path]::GetFileNameWithoutExtension($start.FileName) -eq 'dotnet') {
            $start.ArgumentList.Add((Join-Path $PSHOME 'pwsh.dll'))
        }
        foreach ($argument in '-NoProfile', '-NonInteractive', '-Command', "Import-Module '$manifestPath'; $Script") {
            $start.ArgumentList.Add($argument)
        }
        $start.RedirectStandardInput = $start.RedirectStandardOutput = $start.RedirectStandardError = $true
        $start.Environment['NO_COLOR'] = '1'
        [Diagnostics.Process]::Start($start)
    }

    # What the server answers to some bytes, and how it ends.
    function Invoke-Server([string] $Script, [byte[]] $Bytes) {
        $process = Start-Server $Script
        $errors = $process.StandardError.ReadToEndAsync()
        $process.StandardInput.BaseStream.Write($Bytes)
        $process.StandardInput.Close()
        $output = [IO.MemoryStream]::new()
        $process.StandardOutput.BaseStream.CopyTo($output)
        $process.WaitForExit()
        [pscustomobject]@{ Output = [Convert]::ToHexStringLower($output.ToArray()); Errors = $errors.Result; ExitCode = $process.ExitCode }
    }

    # A text or bytes in msgpack's old form.
    function Format-Text([byte[]] $Bytes) {
        $head = $Bytes.Length -lt 32 ? [byte[]](0xa0 + $Bytes.Length) : [byte[]](0xda, ($Bytes.Length -shr 8), ($Bytes.Length -band 255))
        , ($head + $Bytes)
    }

    # {"i": 2, "m": "open", "a": {"path": ..., "exclusive": true}}
    function Format-Open([string] $Path) {
        , ([byte[]]0x83 + (Format-Text (Get-Bytes 'i')) + [byte[]]2 + (Format-Text (Get-Bytes 'm')) + (Format-Text (Get-Bytes 'open')) +
            (Format-Text (Get-Bytes 'a')) + [byte[]]0x82 + (Format-Text (Get-Bytes 'path')) + (Format-Text (Get-Bytes $Path)) +
            (Format-Text (Get-Bytes 'exclusive')) + [byte[]]0xc3)
    }
}

Describe 'Start-BorgServer' {
    It 'answers on standard output and nothing else does, whatever is printed' {
        # Another thread of the same process makes noise, once the server has begun to answer.
        $go = Join-Path (New-TestFolder) 'go'
        $noise = "while (-not (Test-Path '$go')) { Start-Sleep -Milliseconds 50 }; [Console]::WriteLine('noise of .NET'); [Console]::Out.Flush(); Start-Process sh '-c', 'echo noise of a child' -NoNewWindow -Wait"
        if ($IsWindows) {
            $noise = $noise.Replace("Start-Process sh '-c', 'echo noise of a child'", "Start-Process cmd '/c echo noise of a child'")
        }
        $process = Start-Server "`$shell = [powershell]::Create().AddScript({ $noise }); `$null = `$shell.BeginInvoke(); Start-BorgServer; 'the end'"
        $process.StandardInput.BaseStream.Write($negotiation)
        $process.StandardInput.BaseStream.Flush()
        $answer = [byte[]]::new($agreement.Length / 2)
        $process.StandardOutput.BaseStream.ReadExactly($answer)
        [Convert]::ToHexStringLower($answer) | Should -Be $agreement
        $null = New-Item -ItemType File $go
        $errors = while (($line = $process.StandardError.ReadLine()) -and $line -notlike '*noise of a child*') { $line }
        $process.StandardInput.Close()
        $process.StandardOutput.ReadToEnd() | Should -BeNullOrEmpty
        $errors | Should -Contain 'noise of .NET'
        $process.StandardError.ReadToEnd() | Should -BeLike '*the end*'
        $process.WaitForExit()
        $process.ExitCode | Should -Be 0
    }

    It 'opens what it may and refuses the rest' {
        $path = New-TestRepository
        $id = (Get-BorgRepository $path).Id
        $allowed = Invoke-Server "Start-BorgServer -RestrictToPath '$(Split-Path $path)'" ($negotiation + (Format-Open $path))
        $allowed.Output | Should -Be "${agreement}82a16902a172da0020$id"
        $refused = Invoke-Server "Start-BorgServer -RestrictToRepository '$(Split-Path $path)'" ($negotiation + (Format-Open $path))
        Get-Text ([Convert]::FromHexString($refused.Output)) | Should -BeLike '*PathNotAllowed*'
        Test-Unlocked $path | Should -BeTrue
    }

    It 'says what is no borg client, on standard error' {
        $result = Invoke-Server 'Start-BorgServer' (Get-Bytes 'GET / HTTP/1.1')
        $result.Output | Should -BeNullOrEmpty
        $result.ExitCode | Should -Not -Be 0
        $result.Errors | Should -BeLike '*not*protocol*'
    }

    It 'refuses a quota that borg would refuse' {
        (Get-ErrorOf { Start-BorgServer -StorageQuota 9MB }).FullyQualifiedErrorId | Should -BeLike 'ParameterArgumentValidationError,*'
    }

    It 'releases the lock when its process is told to end' -Skip:$IsWindows {
        $path = New-TestRepository
        $process = Start-Server 'Start-BorgServer'
        $process.StandardInput.BaseStream.Write([byte[]]($negotiation + (Format-Open $path)))
        $process.StandardInput.BaseStream.Flush()
        Wait-Until { Get-BorgLock $path } 'the server opens the repository'
        & (Get-Command -Name kill -CommandType Application)[0] -s TERM $process.Id
        $process.WaitForExit(30000) | Should -BeTrue
        Test-Unlocked $path | Should -BeTrue
    }
}
